package dev.quire.machine.isa;

/** Bit manipulation: Zba, Zbb and Zbs (unprivileged manual, chapter B). */
public final class Bits {
  private Bits() {}

  // ---- Zba: address generation --------------------------------------------------------------

  public static long addUw(long a, long b) {
    return (a & 0xffffffffL) + b;
  }

  public static long shAdd(int shift, long a, long b) {
    return (a << shift) + b;
  }

  public static long shAddUw(int shift, long a, long b) {
    return ((a & 0xffffffffL) << shift) + b;
  }

  public static long slliUw(long a, long b) {
    return (a & 0xffffffffL) << b;
  }

  // ---- Zbb: basic bit manipulation -----------------------------------------------------------

  public static long rol(long a, long b) {
    return Long.rotateLeft(a, (int) b);
  }

  public static long ror(long a, long b) {
    return Long.rotateRight(a, (int) b);
  }

  public static long rolw(long a, long b) {
    return Integer.rotateLeft((int) a, (int) b);
  }

  public static long rorw(long a, long b) {
    return Integer.rotateRight((int) a, (int) b);
  }

  public static long clzw(long a) {
    return Integer.numberOfLeadingZeros((int) a);
  }

  public static long ctzw(long a) {
    return Integer.numberOfTrailingZeros((int) a);
  }

  public static long cpopw(long a) {
    return Integer.bitCount((int) a);
  }

  public static long maxu(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  public static long minu(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  /** Each byte becomes 0xff if any of its bits is set, else 0. */
  public static long orcb(long a) {
    long low = 0x0101010101010101L;
    long seven = 0x7f7f7f7f7f7f7f7fL;
    long any = ((((a & seven) + seven) | a) >>> 7) & low;
    return any * 0xff;
  }

  // ---- Zbs: single bits ----------------------------------------------------------------------

  public static long bclr(long a, long b) {
    return a & ~(1L << b);
  }

  public static long bext(long a, long b) {
    return (a >>> b) & 1;
  }

  public static long binv(long a, long b) {
    return a ^ (1L << b);
  }

  public static long bset(long a, long b) {
    return a | (1L << b);
  }
}
