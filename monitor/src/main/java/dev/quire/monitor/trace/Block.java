package dev.quire.monitor.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;

/**
 * The 16 bytes before each block of a trace, little-endian.
 *
 * @param events in the block; 0 in the closing block
 * @param length of what follows, in bytes
 * @param sum CRC-32C of what follows
 */
record Block(int events, int length, int sum) {
  static final int HEAD = 16;

  /** Bytes that the events of a block take before they are compressed, at most. */
  static final int MOST = 1 << 20;

  /** Bytes that they can take afterwards: what cannot be compressed becomes little longer. */
  static final int MOST_DEFLATED = MOST + MOST / 16;

  private static final int SUMMED = HEAD - Integer.BYTES;

  static int sum(byte[] bytes, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, length);
    return (int) sum.getValue();
  }

  byte[] bytes() {
    ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(events).putInt(length).putInt(sum);
    head.putInt(sum(head.array(), SUMMED));
    return head.array();
  }

  /** Raises a DataFormatException if these are not 16 bytes as {@link #bytes} makes them. */
  static Block of(byte[] bytes) throws DataFormatException {
    ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Block block = new Block(head.getInt(), head.getInt(), head.getInt());
    boolean possible = block.events >= 0 && block.length >= 0 && block.length <= MOST_DEFLATED;
    if (!possible || head.getInt() != sum(bytes, SUMMED)) {
      throw new DataFormatException("no block begins so");
    }
    return block;
  }
}
