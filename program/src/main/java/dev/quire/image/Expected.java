package dev.quire.image;

/**
 * What an index of the archive promises about a file.
 *
 * @param size in bytes
 * @param sha256 64 lower-case hexadecimal digits
 */
record Expected(long size, String sha256) {
  Expected {
    if (size < 0 || !sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("size " + size + ", sha256 " + sha256);
    }
  }
}
