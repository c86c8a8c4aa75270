package dev.quire.machine.isa;

import static dev.quire.machine.isa.FpBits.isNan;
import static dev.quire.machine.isa.FpBits.isSignaling;
import static dev.quire.machine.isa.FpBits.widen;
import static java.lang.Double.doubleToRawLongBits;
import static java.lang.Double.longBitsToDouble;
import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

/**
 * FCVT: between singles, doubles and integers. Integers are register values: a 32-bit result,
 * signed or unsigned, is sign-extended; of a 32-bit operand the upper half is ignored. A value that
 * the integer type does not hold raises invalid, and only that, and gives the nearest bound; a NaN
 * gives the upper bound.
 */
public final class FpConvert {
  private static final double TWO_63 = 0x1p63;

  private FpConvert() {}

  /** FCVT.D.S, always exact. */
  public static long floatToDouble(int a, FpState s) {
    if (isNan(a)) {
      if (isSignaling(a)) {
        s.flags |= FpState.NV;
      }
      return FpBits.NAN64;
    }
    return doubleToRawLongBits(intBitsToFloat(a));
  }

  /** FCVT.S.D. */
  public static int doubleToFloat(long a, int rm, FpState s) {
    float r = (float) longBitsToDouble(a);
    int bits = floatToRawIntBits(r);
    if (r == longBitsToDouble(a) || s.settled(bits, rm)) {
      return bits;
    }
    return (int) FpSoft.convert(a, rm, FpFormat.SINGLE, s);
  }

  public static long doubleToInt32(long a, int rm, FpState s) {
    double x = longBitsToDouble(a);
    int r = (int) x;
    if (r == x) {
      return r;
    }
    if (rm == FpRound.RTZ && Math.abs(x) < 0x1p31) {
      s.flags |= FpState.NX;
      return r;
    }
    return (int) toInteger(a, rm, Integer.MAX_VALUE, 1L << 31, s);
  }

  public static long doubleToUInt32(long a, int rm, FpState s) {
    double x = longBitsToDouble(a);
    int r = (int) (long) x;
    if ((r & 0xffff_ffffL) == x) {
      return r;
    }
    return (int) toInteger(a, rm, 0xffff_ffffL, 0, s);
  }

  public static long doubleToInt64(long a, int rm, FpState s) {
    double x = longBitsToDouble(a);
    long r = (long) x;
    if (Math.abs(x) < TWO_63) {
      if (r == x) {
        return r;
      }
      if (rm == FpRound.RTZ) {
        s.flags |= FpState.NX;
        return r;
      }
    }
    return toInteger(a, rm, Long.MAX_VALUE, Long.MIN_VALUE, s);
  }

  public static long doubleToUInt64(long a, int rm, FpState s) {
    double x = longBitsToDouble(a);
    long r = (long) x;
    if (x >= 0 && x < TWO_63 && r == x) {
      return r;
    }
    return toInteger(a, rm, -1, 0, s);
  }

  public static long floatToInt32(int a, int rm, FpState s) {
    return doubleToInt32(widen(a), rm, s);
  }

  public static long floatToUInt32(int a, int rm, FpState s) {
    return doubleToUInt32(widen(a), rm, s);
  }

  public static long floatToInt64(int a, int rm, FpState s) {
    return doubleToInt64(widen(a), rm, s);
  }

  public static long floatToUInt64(int a, int rm, FpState s) {
    return doubleToUInt64(widen(a), rm, s);
  }

  /** Always exact. */
  public static long int32ToDouble(long x) {
    return doubleToRawLongBits((int) x);
  }

  /** Always exact. */
  public static long uint32ToDouble(long x) {
    return doubleToRawLongBits((double) (x & 0xffff_ffffL));
  }

  public static long int64ToDouble(long x, int rm, FpState s) {
    double r = x;
    if (Math.abs(r) <= 0x1p53 && (long) r == x) {
      return doubleToRawLongBits(r);
    }
    return fromMagnitude(x < 0, Math.abs(x), rm, FpFormat.DOUBLE, s);
  }

  public static long uint64ToDouble(long x, int rm, FpState s) {
    return x >= 0 ? int64ToDouble(x, rm, s) : fromMagnitude(false, x, rm, FpFormat.DOUBLE, s);
  }

  public static int int32ToFloat(long x, int rm, FpState s) {
    int word = (int) x;
    return int64ToFloat(word, rm, s);
  }

  public static int uint32ToFloat(long x, int rm, FpState s) {
    return int64ToFloat(x & 0xffff_ffffL, rm, s);
  }

  public static int int64ToFloat(long x, int rm, FpState s) {
    float r = x;
    if (Math.abs(r) <= 0x1p24f && (long) r == x) {
      return floatToRawIntBits(r);
    }
    return (int) fromMagnitude(x < 0, Math.abs(x), rm, FpFormat.SINGLE, s);
  }

  public static int uint64ToFloat(long x, int rm, FpState s) {
    return x >= 0 ? int64ToFloat(x, rm, s) : (int) fromMagnitude(false, x, rm, FpFormat.SINGLE, s);
  }

  /** Of a magnitude that is not 0, unsigned. */
  private static long fromMagnitude(
      boolean negative, long magnitude, int rm, FpFormat format, FpState s) {
    int n = Long.numberOfLeadingZeros(magnitude);
    return FpRound.round(negative, 63 - n, magnitude << n, rm, format, s);
  }

  /**
   * The exact way.
   *
   * @param most magnitude of the upper bound, unsigned
   * @param least magnitude of the lower bound, unsigned
   */
  private static long toInteger(long a, int rm, long most, long least, FpState s) {
    boolean negative = a < 0 && !isNan(a);
    long limit = negative ? least : most;
    int exponent = (int) (a >>> 52 & 0x7ff) - 1023;
    if (exponent < 64) {
      // Bit 63 of a subnormal's significand is set here too: all below 1/2 round alike.
      long significand = a << 11 | Long.MIN_VALUE;
      long whole = exponent < 0 ? 0 : significand >>> 63 - exponent;
      long rest = exponent < -1 ? 1 : exponent == 63 ? 0 : significand << exponent + 1;
      long r = FpRound.roundsUp(negative, (whole & 1) != 0, rest, rm) ? whole + 1 : whole;
      if (Long.compareUnsigned(r, limit) <= 0) {
        s.flags |= rest != 0 ? FpState.NX : 0;
        return negative ? -r : r;
      }
    }
    s.flags |= FpState.NV;
    return negative ? -limit : limit;
  }
}
