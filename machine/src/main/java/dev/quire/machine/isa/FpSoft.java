package dev.quire.machine.isa;

import static dev.quire.machine.isa.FpBits.isFinite;
import static dev.quire.machine.isa.FpBits.isInfinite;
import static dev.quire.machine.isa.FpBits.isNan;
import static dev.quire.machine.isa.FpBits.isSignaling;
import static dev.quire.machine.isa.FpBits.isZero;

/**
 * Arithmetic in integers: every rounding mode, every special value, exact flags. The fast paths of
 * {@link Fp64} and {@link Fp32} fall back to it.
 *
 * <p>Operands are doubles, which hold every single exactly ({@link FpBits#widen}); the result is
 * rounded once, to the given format. Inside, a magnitude is a scale and a 128-bit integer: {@code
 * hi:lo / 2^124 * 2^scale}, the last bit sticky. Sum, difference and product are cases of {@link
 * #fma}.
 */
final class FpSoft {
  private static final long ONE = 0x3ff0_0000_0000_0000L;

  /** The scale of a zero addend: below any other, so that it never moves the other operand. */
  private static final int NO_SCALE = -1_000_000;

  private FpSoft() {}

  static long add(long a, long b, int rm, FpFormat format, FpState s) {
    return fma(a, ONE, b, rm, format, s);
  }

  static long mul(long a, long b, int rm, FpFormat format, FpState s) {
    return fma(a, b, (a ^ b) & FpBits.SIGN64, rm, format, s);
  }

  /** Rounds a double to the format. */
  static long convert(long a, int rm, FpFormat format, FpState s) {
    return mul(a, ONE, rm, format, s);
  }

  /** {@code a * b + c}, rounded once. */
  static long fma(long a, long b, long c, int rm, FpFormat format, FpState s) {
    boolean negative = (a ^ b) < 0;
    if (!isFinite(a) || !isFinite(b) || !isFinite(c)) {
      return fmaNonFinite(a, b, c, format, s);
    }
    if (isZero(a) || isZero(b)) {
      if (isZero(c)) {
        return format.signed(zeroSign(negative, c < 0, rm), 0);
      }
      return normalize(c < 0, exponent(c) - 2, significand(c), 0, rm, format, s);
    }
    long hi = Math.multiplyHigh(significand(a), significand(b));
    long lo = significand(a) * significand(b);
    int scale = exponent(a) + exponent(b);
    int scaleC = isZero(c) ? NO_SCALE : exponent(c) - 2;
    int apart = scale - scaleC;
    if (apart >= 0) {
      long hiC = apart < 64 ? significand(c) >>> apart : 0;
      long loC = lowJam(significand(c), 0, apart);
      return sum(negative, hi, lo, c < 0, hiC, loC, scale, rm, format, s);
    }
    long hiP = -apart < 64 ? hi >>> -apart : 0;
    long loP = lowJam(hi, lo, -apart);
    return sum(c < 0, significand(c), 0, negative, hiP, loP, scaleC, rm, format, s);
  }

  static long div(long a, long b, int rm, FpFormat format, FpState s) {
    boolean negative = (a ^ b) < 0;
    if (isNan(a) || isNan(b)) {
      return nan(isSignaling(a) || isSignaling(b), format, s);
    }
    if (isInfinite(a) ? isInfinite(b) : isZero(a) && isZero(b)) {
      return nan(true, format, s);
    }
    if (isInfinite(a)) {
      return format.signed(negative, format.infinity());
    }
    if (isZero(a) || isInfinite(b)) {
      return format.signed(negative, 0);
    }
    if (isZero(b)) {
      s.flags |= FpState.DZ;
      return format.signed(negative, format.infinity());
    }
    long divisor = significand(b) >>> 10;
    long rest = significand(a) >>> 10;
    long quotient = rest / divisor;
    rest %= divisor;
    for (int i = 0; i < 6; i++) {
      quotient = quotient << 10 | (rest << 10) / divisor;
      rest = (rest << 10) % divisor;
    }
    quotient |= rest != 0 ? 1 : 0;
    return normalize(negative, exponent(a) - exponent(b), quotient, 0, rm, format, s);
  }

  static long sqrt(long a, int rm, FpFormat format, FpState s) {
    if (isNan(a)) {
      return nan(isSignaling(a), format, s);
    }
    if (isZero(a)) {
      return format.signed(a < 0, 0);
    }
    if (a < 0) {
      return nan(true, format, s);
    }
    if (isInfinite(a)) {
      return format.infinity();
    }
    int odd = exponent(a) & 1;
    long digits = significand(a) << odd;
    long root = 0;
    long rest = 0;
    for (int i = 0; i < 57; i++) {
      rest = rest << 2 | digits >>> 62;
      digits <<= 2;
      root <<= 1;
      long trial = root << 1 | 1;
      if (rest >= trial) {
        rest -= trial;
        root |= 1;
      }
    }
    root = root << 4 | (rest != 0 ? 1 : 0);
    return normalize(false, exponent(a) - odd >> 1, root, 0, rm, format, s);
  }

  private static long fmaNonFinite(long a, long b, long c, FpFormat format, FpState s) {
    boolean invalid =
        isInfinite(a) && isZero(b)
            || isZero(a) && isInfinite(b)
            || isSignaling(a)
            || isSignaling(b)
            || isSignaling(c);
    if (invalid || isNan(a) || isNan(b) || isNan(c)) {
      return nan(invalid, format, s);
    }
    if (isFinite(a) && isFinite(b)) {
      return format.signed(c < 0, format.infinity());
    }
    if (isInfinite(c) && (a ^ b ^ c) < 0) {
      return nan(true, format, s);
    }
    return format.signed((a ^ b) < 0, format.infinity());
  }

  private static long nan(boolean invalid, FpFormat format, FpState s) {
    if (invalid) {
      s.flags |= FpState.NV;
    }
    return format.nan();
  }

  /** The sign of an exact zero sum. */
  private static boolean zeroSign(boolean a, boolean b, int rm) {
    return a == b ? a : rm == FpRound.RDN;
  }

  /** Adds two numbers of one scale. */
  private static long sum(
      boolean negA,
      long hiA,
      long loA,
      boolean negB,
      long hiB,
      long loB,
      int scale,
      int rm,
      FpFormat format,
      FpState s) {
    if (negA == negB) {
      long lo = loA + loB;
      long carry = Long.compareUnsigned(lo, loA) < 0 ? 1 : 0;
      return normalize(negA, scale, hiA + hiB + carry, lo, rm, format, s);
    }
    long lo = loA - loB;
    long hi = hiA - hiB - (Long.compareUnsigned(loA, loB) < 0 ? 1 : 0);
    if ((hi | lo) == 0) {
      return format.signed(zeroSign(negA, negB, rm), 0);
    }
    if (hi < 0) {
      return normalize(negB, scale, lo == 0 ? -hi : ~hi, -lo, rm, format, s);
    }
    return normalize(negA, scale, hi, lo, rm, format, s);
  }

  private static long normalize(
      boolean negative, int scale, long hi, long lo, int rm, FpFormat format, FpState s) {
    int n = Long.numberOfLeadingZeros(hi);
    if (n == 64) {
      int m = Long.numberOfLeadingZeros(lo);
      return FpRound.round(negative, scale + 3 - 64 - m, lo << m, rm, format, s);
    }
    long top = n == 0 ? hi : hi << n | lo >>> -n;
    long sticky = lo << n != 0 ? 1 : 0;
    return FpRound.round(negative, scale + 3 - n, top | sticky, rm, format, s);
  }

  /** The low half of {@code hi:lo >>> n}, lost bits jammed into the last. */
  private static long lowJam(long hi, long lo, int n) {
    if (n == 0) {
      return lo;
    }
    if (n >= 64) {
      return FpRound.shiftJam(hi, n - 64) | (lo != 0 ? 1 : 0);
    }
    return hi << -n | FpRound.shiftJam(lo, n);
  }

  /** Of a finite number that is not 0: {@code significand / 2^62 * 2^exponent} is its magnitude. */
  private static int exponent(long a) {
    int field = (int) (a >>> 52) & 0x7ff;
    return field != 0 ? field - 1023 : -1011 - Long.numberOfLeadingZeros(a << 1 >>> 1);
  }

  /** Bit 62 set, the ten lowest clear; 0 for zero. */
  private static long significand(long a) {
    long fraction = a & 0x000f_ffff_ffff_ffffL;
    if ((a & FpBits.INFINITY64) != 0) {
      return (fraction | 0x0010_0000_0000_0000L) << 10;
    }
    return fraction << Long.numberOfLeadingZeros(fraction) >>> 1;
  }
}
