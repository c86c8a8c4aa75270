package dev.quire.machine.isa;

/** The encodings of binary32 and binary64, and how a single lives in a 64-bit register. */
public final class FpBits {
  /** The only NaN that an operation returns as a single. */
  public static final int NAN32 = 0x7fc0_0000;

  /** The only NaN that an operation returns as a double. */
  public static final long NAN64 = 0x7ff8_0000_0000_0000L;

  static final int SIGN32 = Integer.MIN_VALUE;
  static final long SIGN64 = Long.MIN_VALUE;
  static final int INFINITY32 = 0x7f80_0000;
  static final long INFINITY64 = 0x7ff0_0000_0000_0000L;
  private static final long BOX = 0xffff_ffff_0000_0000L;
  private static final int QUIET32 = 0x0040_0000;
  private static final long QUIET64 = 0x0008_0000_0000_0000L;

  private FpBits() {}

  /** A single as a register holds it: the upper half all ones ("NaN Boxing of Narrower Values"). */
  public static long box(int a) {
    return a | BOX;
  }

  /** The single in a register; the canonical NaN where it is not properly boxed. */
  public static int unbox(long register) {
    return register >>> 32 == 0xffff_ffffL ? (int) register : NAN32;
  }

  static boolean isNan(int a) {
    return (a & ~SIGN32) > INFINITY32;
  }

  static boolean isNan(long a) {
    return (a & ~SIGN64) > INFINITY64;
  }

  static boolean isSignaling(int a) {
    return isNan(a) && (a & QUIET32) == 0;
  }

  static boolean isSignaling(long a) {
    return isNan(a) && (a & QUIET64) == 0;
  }

  static boolean isFinite(long a) {
    return (a & INFINITY64) != INFINITY64;
  }

  static boolean isInfinite(long a) {
    return (a & ~SIGN64) == INFINITY64;
  }

  static boolean isZero(long a) {
    return a << 1 == 0;
  }

  /** The double of the same value; a NaN stays quiet or signaling as it was. */
  static long widen(int a) {
    long sign = (a & SIGN32) & SIGN64;
    if (isNan(a)) {
      return sign | INFINITY64 | (a & 0x007f_ffffL) << 29;
    }
    return Double.doubleToRawLongBits(Float.intBitsToFloat(a));
  }
}
