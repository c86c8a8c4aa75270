package dev.quire.machine.isa;

import static dev.quire.machine.isa.FpBits.isNan;
import static dev.quire.machine.isa.FpBits.isSignaling;
import static java.lang.Double.doubleToRawLongBits;
import static java.lang.Double.longBitsToDouble;

/**
 * The D extension: operands and results are the bits of a double, {@code rm} is a resolved rounding
 * mode (0 to 4), exceptions are ORed into {@code s.flags}.
 *
 * <p>Each operation is three layers. The first, small enough to be inlined, takes the host's result
 * when {@link FpState#settled} says that no flag can change. The second decides inexact by the
 * exact error of the host's result: Knuth's TwoSum for a sum, one FMA for a product and for the
 * remainder of a quotient or root (Muller et al., Handbook of Floating-Point Arithmetic). The third
 * is {@link FpSoft}.
 */
public final class Fp64 {
  /** Above it, the last place of a product of two significands does not underflow. */
  private static final double ERROR_REPRESENTABLE = 0x1p-960;

  /** Below it, no intermediate of TwoSum overflows. */
  private static final double SUM_SAFE = 0x1p1022;

  private Fp64() {}

  public static long add(long a, long b, int rm, FpState s) {
    long r = hostAdd(a, b);
    return s.settled(r, rm) ? r : addChecked(a, b, rm, s);
  }

  public static long sub(long a, long b, int rm, FpState s) {
    return add(a, b ^ FpBits.SIGN64, rm, s);
  }

  public static long mul(long a, long b, int rm, FpState s) {
    long r = hostMul(a, b);
    return s.settled(r, rm) ? r : mulChecked(a, b, rm, s);
  }

  public static long div(long a, long b, int rm, FpState s) {
    long r = hostDiv(a, b);
    return s.settled(r, rm) ? r : divChecked(a, b, rm, s);
  }

  public static long sqrt(long a, int rm, FpState s) {
    long r = hostSqrt(a);
    return s.settled(r, rm) ? r : sqrtChecked(a, rm, s);
  }

  /** {@code a * b + c} with one rounding. */
  public static long fmadd(long a, long b, long c, int rm, FpState s) {
    return fmaOf(hostFma(a, b, c), a, b, c, rm, s);
  }

  /** {@code a * b - c}. */
  public static long fmsub(long a, long b, long c, int rm, FpState s) {
    return fmadd(a, b, c ^ FpBits.SIGN64, rm, s);
  }

  /** {@code -(a * b) + c}. */
  public static long fnmsub(long a, long b, long c, int rm, FpState s) {
    return fmadd(a ^ FpBits.SIGN64, b, c, rm, s);
  }

  /** {@code -(a * b) - c}. */
  public static long fnmadd(long a, long b, long c, int rm, FpState s) {
    return fmadd(a ^ FpBits.SIGN64, b, c ^ FpBits.SIGN64, rm, s);
  }

  /** minimumNumber of IEEE 754-2019: a NaN loses against a number, -0 is below +0. */
  public static long min(long a, long b, FpState s) {
    if (anyNan(a, b)) {
      return numberOf(a, b, s);
    }
    return ordered(a) < ordered(b) ? a : b;
  }

  /** maximumNumber of IEEE 754-2019. */
  public static long max(long a, long b, FpState s) {
    if (anyNan(a, b)) {
      return numberOf(a, b, s);
    }
    return ordered(a) < ordered(b) ? b : a;
  }

  public static long sgnj(long a, long b) {
    return a & ~FpBits.SIGN64 | b & FpBits.SIGN64;
  }

  public static long sgnjn(long a, long b) {
    return a & ~FpBits.SIGN64 | ~b & FpBits.SIGN64;
  }

  public static long sgnjx(long a, long b) {
    return a ^ b & FpBits.SIGN64;
  }

  /** 1 if equal, else 0; a quiet NaN is unequal without being invalid. */
  public static long eq(long a, long b, FpState s) {
    raise(anySignaling(a, b), s);
    return longBitsToDouble(a) == longBitsToDouble(b) ? 1 : 0;
  }

  /** 1 if less, else 0; any NaN is invalid. */
  public static long lt(long a, long b, FpState s) {
    raise(anyNan(a, b), s);
    return longBitsToDouble(a) < longBitsToDouble(b) ? 1 : 0;
  }

  /** 1 if less or equal, else 0; any NaN is invalid. */
  public static long le(long a, long b, FpState s) {
    raise(anyNan(a, b), s);
    return longBitsToDouble(a) <= longBitsToDouble(b) ? 1 : 0;
  }

  /** The mask with one bit of ten that FCLASS defines: -inf is bit 0, a quiet NaN bit 9. */
  public static long classify(long a) {
    if (isNan(a)) {
      return isSignaling(a) ? 1 << 8 : 1 << 9;
    }
    double x = Math.abs(longBitsToDouble(a));
    int size = x == 0 ? 0 : x < Double.MIN_NORMAL ? 1 : x <= Double.MAX_VALUE ? 2 : 3;
    return a < 0 ? 1 << 3 - size : 1 << 4 + size;
  }

  private static long hostAdd(long a, long b) {
    return doubleToRawLongBits(longBitsToDouble(a) + longBitsToDouble(b));
  }

  private static long hostMul(long a, long b) {
    return doubleToRawLongBits(longBitsToDouble(a) * longBitsToDouble(b));
  }

  private static long hostDiv(long a, long b) {
    return doubleToRawLongBits(longBitsToDouble(a) / longBitsToDouble(b));
  }

  private static long hostSqrt(long a) {
    return doubleToRawLongBits(Math.sqrt(longBitsToDouble(a)));
  }

  private static long hostFma(long a, long b, long c) {
    return doubleToRawLongBits(
        Math.fma(longBitsToDouble(a), longBitsToDouble(b), longBitsToDouble(c)));
  }

  private static long fmaOf(long r, long a, long b, long c, int rm, FpState s) {
    return s.settled(r, rm) ? r : fmaChecked(a, b, c, rm, s);
  }

  /** A sum never underflows: a result too small to be normal is exact. */
  private static long addChecked(long a, long b, int rm, FpState s) {
    double x = longBitsToDouble(a);
    double y = longBitsToDouble(b);
    double r = x + y;
    if (rm == FpRound.RNE && Math.abs(r) < SUM_SAFE) {
      return exactIf(sumError(x, y, r) == 0, r, s);
    }
    return FpSoft.add(a, b, rm, FpFormat.DOUBLE, s);
  }

  private static long mulChecked(long a, long b, int rm, FpState s) {
    double x = longBitsToDouble(a);
    double y = longBitsToDouble(b);
    double r = x * y;
    if (rm == FpRound.RNE && isRoomy(r)) {
      return exactIf(Math.fma(x, y, -r) == 0, r, s);
    }
    if (r == 0 && (x == 0 || y == 0)) {
      return doubleToRawLongBits(r);
    }
    return FpSoft.mul(a, b, rm, FpFormat.DOUBLE, s);
  }

  private static long divChecked(long a, long b, int rm, FpState s) {
    double x = longBitsToDouble(a);
    double y = longBitsToDouble(b);
    double r = x / y;
    if (rm == FpRound.RNE && isRoomy(r) && isRoomy(x)) {
      return exactIf(Math.fma(-r, y, x) == 0, r, s);
    }
    return FpSoft.div(a, b, rm, FpFormat.DOUBLE, s);
  }

  private static long sqrtChecked(long a, int rm, FpState s) {
    double x = longBitsToDouble(a);
    double r = Math.sqrt(x);
    if (rm == FpRound.RNE && isRoomy(x) && x > 0) {
      return exactIf(Math.fma(-r, r, x) == 0, r, s);
    }
    return FpSoft.sqrt(a, rm, FpFormat.DOUBLE, s);
  }

  /** With an exact product it is an addition. */
  private static long fmaChecked(long a, long b, long c, int rm, FpState s) {
    double x = longBitsToDouble(a);
    double y = longBitsToDouble(b);
    double product = x * y;
    boolean exact =
        isRoomy(product) ? Math.fma(x, y, -product) == 0 : product == 0 && (x == 0 || y == 0);
    if (exact) {
      return add(doubleToRawLongBits(product), c, rm, s);
    }
    return FpSoft.fma(a, b, c, rm, FpFormat.DOUBLE, s);
  }

  private static boolean isRoomy(double x) {
    return Math.abs(x) > ERROR_REPRESENTABLE && Math.abs(x) <= Double.MAX_VALUE;
  }

  private static long exactIf(boolean exact, double r, FpState s) {
    if (!exact) {
      s.flags |= FpState.NX;
    }
    return doubleToRawLongBits(r);
  }

  /** TwoSum: what {@code r}, the rounded sum of x and y, lacks. */
  static double sumError(double x, double y, double r) {
    double y1 = r - x;
    return (x - (r - y1)) + (y - y1);
  }

  private static boolean anyNan(long a, long b) {
    return isNan(a) || isNan(b);
  }

  private static boolean anySignaling(long a, long b) {
    return isSignaling(a) || isSignaling(b);
  }

  private static void raise(boolean invalid, FpState s) {
    if (invalid) {
      s.flags |= FpState.NV;
    }
  }

  private static long numberOf(long a, long b, FpState s) {
    raise(anySignaling(a, b), s);
    if (!isNan(a)) {
      return a;
    }
    return isNan(b) ? FpBits.NAN64 : b;
  }

  /** Maps the order of numbers, -0 below +0, to that of integers. */
  private static long ordered(long a) {
    return a ^ (a >> 63) >>> 1;
  }
}
