package dev.quire.bench;

import dev.quire.machine.device.virtio.ReadOnlyStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** A disk whose blocks are version 0 of what the guest program reader expects. */
final class PatternDisk implements ReadOnlyStore {
  private static final int BLOCK = 4096;
  private static final int SECTORS = BLOCK / SECTOR;
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final long sectors;
  private final byte[] block = new byte[BLOCK];
  private final ByteBuffer words = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);

  PatternDisk(long bytes) {
    sectors = bytes / SECTOR;
  }

  @Override
  public long sectors() {
    return sectors;
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) {
    for (int done = 0, count; done < length; done += count) {
      long at = sector + done / SECTOR;
      int from = (int) (at % SECTORS) * SECTOR;
      count = Math.min(BLOCK - from, length - done);
      generate(at / SECTORS);
      System.arraycopy(block, from, to, offset + done, count);
    }
  }

  private void generate(long number) {
    long word = new SplittableRandom(number).nextLong();
    for (int at = 0; at < BLOCK; at += Long.BYTES, word += STEP) {
      words.putLong(at, word);
    }
  }
}
