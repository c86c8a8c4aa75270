package dev.quire.machine.board;

/** Sizes of memory as users write them: 256M, 1G, 2048K, or a number of bytes. */
public final class MemorySize {
  /** RAM comes in units of the page size that a kernel maps it with. */
  public static final long UNIT = 2L << 20;

  /** Far above what a host has, far below where addresses end. */
  public static final long LIMIT = 1L << 40;

  private MemorySize() {}

  /** Bytes, a multiple of 2 MiB; a {@link UserError} for anything else. */
  public static long parse(String text) {
    int digits = text.length();
    int shift = 0;
    if (digits > 0) {
      shift =
          switch (Character.toUpperCase(text.charAt(digits - 1))) {
            case 'K' -> 10;
            case 'M' -> 20;
            case 'G' -> 30;
            default -> 0;
          };
      digits -= shift == 0 ? 0 : 1;
    }
    String number = text.substring(0, digits);
    if (!number.matches("[0-9]{1,13}")) {
      throw UserError.of("Memory '%s' is not a size: write for example 256M or 1G.", text);
    }
    long count = Long.parseLong(number);
    if (count > LIMIT >>> shift) {
      throw UserError.of("Memory %s is too much: at most 1024G is possible.", text);
    }
    long bytes = count << shift;
    if (bytes == 0 || bytes % UNIT != 0) {
      throw UserError.of("Memory %s is not a multiple of 2M: write for example 256M.", text);
    }
    return bytes;
  }
}
