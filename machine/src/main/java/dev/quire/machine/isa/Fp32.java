package dev.quire.machine.isa;

import static dev.quire.machine.isa.FpBits.isNan;
import static dev.quire.machine.isa.FpBits.isSignaling;
import static dev.quire.machine.isa.FpBits.widen;
import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

/**
 * The F extension: operands and results are the bits of a single, unboxed ({@link FpBits#unbox}).
 * The layers are those of {@link Fp64}; here the second asks a double, which holds a product of two
 * singles exactly, whether the result is the exact one.
 */
public final class Fp32 {
  private Fp32() {}

  public static int add(int a, int b, int rm, FpState s) {
    int r = hostAdd(a, b);
    return s.settled(r, rm) ? r : addChecked(a, b, rm, s);
  }

  public static int sub(int a, int b, int rm, FpState s) {
    return add(a, b ^ FpBits.SIGN32, rm, s);
  }

  public static int mul(int a, int b, int rm, FpState s) {
    int r = hostMul(a, b);
    return s.settled(r, rm) ? r : mulChecked(a, b, rm, s);
  }

  public static int div(int a, int b, int rm, FpState s) {
    int r = hostDiv(a, b);
    return s.settled(r, rm) ? r : divChecked(a, b, rm, s);
  }

  public static int sqrt(int a, int rm, FpState s) {
    int r = hostSqrt(a);
    return s.settled(r, rm) ? r : sqrtChecked(a, rm, s);
  }

  /** {@code a * b + c} with one rounding. */
  public static int fmadd(int a, int b, int c, int rm, FpState s) {
    int r = hostFma(a, b, c);
    return s.settled(r, rm) ? r : fmaChecked(a, b, c, rm, s);
  }

  /** {@code a * b - c}. */
  public static int fmsub(int a, int b, int c, int rm, FpState s) {
    return fmadd(a, b, c ^ FpBits.SIGN32, rm, s);
  }

  /** {@code -(a * b) + c}. */
  public static int fnmsub(int a, int b, int c, int rm, FpState s) {
    return fmadd(a ^ FpBits.SIGN32, b, c, rm, s);
  }

  /** {@code -(a * b) - c}. */
  public static int fnmadd(int a, int b, int c, int rm, FpState s) {
    return fmadd(a ^ FpBits.SIGN32, b, c ^ FpBits.SIGN32, rm, s);
  }

  /** minimumNumber of IEEE 754-2019: a NaN loses against a number, -0 is below +0. */
  public static int min(int a, int b, FpState s) {
    if (anyNan(a, b)) {
      return numberOf(a, b, s);
    }
    return ordered(a) < ordered(b) ? a : b;
  }

  /** maximumNumber of IEEE 754-2019. */
  public static int max(int a, int b, FpState s) {
    if (anyNan(a, b)) {
      return numberOf(a, b, s);
    }
    return ordered(a) < ordered(b) ? b : a;
  }

  public static int sgnj(int a, int b) {
    return a & ~FpBits.SIGN32 | b & FpBits.SIGN32;
  }

  public static int sgnjn(int a, int b) {
    return a & ~FpBits.SIGN32 | ~b & FpBits.SIGN32;
  }

  public static int sgnjx(int a, int b) {
    return a ^ b & FpBits.SIGN32;
  }

  /** 1 if equal, else 0; a quiet NaN is unequal without being invalid. */
  public static long eq(int a, int b, FpState s) {
    raise(anySignaling(a, b), s);
    return intBitsToFloat(a) == intBitsToFloat(b) ? 1 : 0;
  }

  /** 1 if less, else 0; any NaN is invalid. */
  public static long lt(int a, int b, FpState s) {
    raise(anyNan(a, b), s);
    return intBitsToFloat(a) < intBitsToFloat(b) ? 1 : 0;
  }

  /** 1 if less or equal, else 0; any NaN is invalid. */
  public static long le(int a, int b, FpState s) {
    raise(anyNan(a, b), s);
    return intBitsToFloat(a) <= intBitsToFloat(b) ? 1 : 0;
  }

  /** The mask with one bit of ten that FCLASS defines: -inf is bit 0, a quiet NaN bit 9. */
  public static long classify(int a) {
    if (isNan(a)) {
      return isSignaling(a) ? 1 << 8 : 1 << 9;
    }
    float x = Math.abs(intBitsToFloat(a));
    int size = x == 0 ? 0 : x < Float.MIN_NORMAL ? 1 : x <= Float.MAX_VALUE ? 2 : 3;
    return a < 0 ? 1 << 3 - size : 1 << 4 + size;
  }

  private static int hostAdd(int a, int b) {
    return floatToRawIntBits(intBitsToFloat(a) + intBitsToFloat(b));
  }

  private static int hostMul(int a, int b) {
    return floatToRawIntBits(intBitsToFloat(a) * intBitsToFloat(b));
  }

  private static int hostDiv(int a, int b) {
    return floatToRawIntBits(intBitsToFloat(a) / intBitsToFloat(b));
  }

  private static int hostSqrt(int a) {
    return floatToRawIntBits((float) Math.sqrt(intBitsToFloat(a)));
  }

  private static int hostFma(int a, int b, int c) {
    return floatToRawIntBits(Math.fma(intBitsToFloat(a), intBitsToFloat(b), intBitsToFloat(c)));
  }

  private static int addChecked(int a, int b, int rm, FpState s) {
    double x = intBitsToFloat(a);
    double y = intBitsToFloat(b);
    float r = (float) x + (float) y;
    if (rm == FpRound.RNE && Math.abs(r) <= Float.MAX_VALUE) {
      return exactIf(isSum(x, y, r), r, s);
    }
    return (int) FpSoft.add(widen(a), widen(b), rm, FpFormat.SINGLE, s);
  }

  private static int mulChecked(int a, int b, int rm, FpState s) {
    double x = intBitsToFloat(a);
    double y = intBitsToFloat(b);
    float r = (float) x * (float) y;
    boolean exact = r == x * y;
    if (exact || rm == FpRound.RNE && isNormal(r)) {
      return exactIf(exact, r, s);
    }
    return (int) FpSoft.mul(widen(a), widen(b), rm, FpFormat.SINGLE, s);
  }

  private static int divChecked(int a, int b, int rm, FpState s) {
    double x = intBitsToFloat(a);
    double y = intBitsToFloat(b);
    float r = (float) x / (float) y;
    boolean exact = r * y == x;
    if (exact || rm == FpRound.RNE && isNormal(r)) {
      return exactIf(exact, r, s);
    }
    return (int) FpSoft.div(widen(a), widen(b), rm, FpFormat.SINGLE, s);
  }

  private static int sqrtChecked(int a, int rm, FpState s) {
    double x = intBitsToFloat(a);
    float r = (float) Math.sqrt(x);
    boolean exact = (double) r * r == x;
    if (exact || rm == FpRound.RNE && isNormal(r)) {
      return exactIf(exact, r, s);
    }
    return (int) FpSoft.sqrt(widen(a), rm, FpFormat.SINGLE, s);
  }

  private static int fmaChecked(int a, int b, int c, int rm, FpState s) {
    double product = (double) intBitsToFloat(a) * intBitsToFloat(b);
    float r = intBitsToFloat(hostFma(a, b, c));
    boolean exact = isSum(product, intBitsToFloat(c), r);
    if (rm == FpRound.RNE && (exact || isNormal(r))) {
      return exactIf(exact, r, s);
    }
    return (int) FpSoft.fma(widen(a), widen(b), widen(c), rm, FpFormat.SINGLE, s);
  }

  /** Whether {@code r} is x + y; none of them is near a double's limits. */
  private static boolean isSum(double x, double y, float r) {
    double sum = x + y;
    return sum == r && Fp64.sumError(x, y, sum) == 0;
  }

  /** Above the smallest normal number, which may have been tiny before it was rounded. */
  private static boolean isNormal(float r) {
    return Math.abs(r) > Float.MIN_NORMAL && Math.abs(r) <= Float.MAX_VALUE;
  }

  private static int exactIf(boolean exact, float r, FpState s) {
    if (!exact) {
      s.flags |= FpState.NX;
    }
    return floatToRawIntBits(r);
  }

  private static boolean anyNan(int a, int b) {
    return isNan(a) || isNan(b);
  }

  private static boolean anySignaling(int a, int b) {
    return isSignaling(a) || isSignaling(b);
  }

  private static void raise(boolean invalid, FpState s) {
    if (invalid) {
      s.flags |= FpState.NV;
    }
  }

  private static int numberOf(int a, int b, FpState s) {
    raise(anySignaling(a, b), s);
    if (!isNan(a)) {
      return a;
    }
    return isNan(b) ? FpBits.NAN32 : b;
  }

  /** Maps the order of numbers, -0 below +0, to that of integers. */
  private static int ordered(int a) {
    return a ^ (a >> 31) >>> 1;
  }
}
