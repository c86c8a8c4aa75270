package dev.quire.save;

import java.util.zip.CRC32C;

/** CRC-32C (RFC 3720), by which a save notices that it is damaged. */
final class Checksum {
  private Checksum() {}

  static int of(byte[] bytes, int offset, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, offset, length);
    return (int) sum.getValue();
  }
}
