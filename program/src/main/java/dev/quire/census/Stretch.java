package dev.quire.census;

/**
 * A part of memory as it stands in a file.
 *
 * @param address of its first byte in memory, a multiple of 4 KiB
 * @param offset of that byte in the file
 * @param length in bytes, more than 0
 */
record Stretch(long address, long offset, long length) {
  /** The address behind it. */
  long end() {
    return address + length;
  }
}
