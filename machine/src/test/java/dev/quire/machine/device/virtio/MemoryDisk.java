package dev.quire.machine.device.virtio;

import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.IOException;
import java.util.Arrays;

/** A disk in an array that counts flushes and can be told to fail, or to discard. */
final class MemoryDisk implements BlockStore {
  final byte[] bytes;
  final boolean readOnly;
  boolean broken;
  boolean discards;
  int flushes;

  MemoryDisk(int sectors, boolean readOnly) {
    this.bytes = new byte[sectors * SECTOR];
    this.readOnly = readOnly;
  }

  @Override
  public long sectors() {
    return bytes.length / SECTOR;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    check();
    System.arraycopy(bytes, (int) sector * SECTOR, to, offset, length);
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    check();
    System.arraycopy(from, offset, bytes, (int) sector * SECTOR, length);
  }

  @Override
  public boolean discards() {
    return discards;
  }

  @Override
  public void discard(long sector, long count) throws IOException {
    check();
    Arrays.fill(bytes, (int) sector * SECTOR, (int) (sector + count) * SECTOR, (byte) 0);
  }

  @Override
  public void flush() throws IOException {
    check();
    flushes++;
  }

  private void check() throws IOException {
    if (broken) {
      throw new IOException("broken");
    }
  }

  @Override
  public void save(StateWriter out) {}

  @Override
  public void load(StateReader in) {}

  @Override
  public void close() {}
}
