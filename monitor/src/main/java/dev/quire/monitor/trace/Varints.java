package dev.quire.monitor.trace;

import java.util.zip.DataFormatException;

/**
 * Whole numbers in a buffer, small ones in few bytes: seven bits a byte, the lowest first, and the
 * eighth bit says that more follow (LEB128). Signed numbers are folded first: 0, -1, 1, -2 ...
 */
final class Varints {
  /** The most bytes that a number takes. */
  static final int MOST = 10;

  private final byte[] bytes;
  private int position;
  private int limit;

  Varints(int size) {
    bytes = new byte[size];
  }

  /** The buffer itself, from its beginning. */
  byte[] bytes() {
    return bytes;
  }

  /** How many bytes were written, or read, since it was cleared. */
  int position() {
    return position;
  }

  /** How many bytes there is still room for. */
  int room() {
    return bytes.length - position;
  }

  /** Begins anew; so many bytes are there to be read. */
  void clear(int readable) {
    position = 0;
    limit = readable;
  }

  boolean hasMore() {
    return position < limit;
  }

  void put(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[position++] = (byte) rest;
  }

  void putSigned(long value) {
    put(value << 1 ^ value >> 63);
  }

  /** Raises a DataFormatException if there is no whole number. */
  long get() throws DataFormatException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && position < limit; shift += 7) {
      byte next = bytes[position++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new DataFormatException("no whole number ends at " + position);
  }

  long getSigned() throws DataFormatException {
    long folded = get();
    return folded >>> 1 ^ -(folded & 1);
  }
}
