package dev.quire.machine.isa;

/** Rounding modes, and the one place where an exact value becomes a number of a format. */
final class FpRound {
  /** To nearest, ties to even. */
  static final int RNE = 0;

  /** Towards zero. */
  static final int RTZ = 1;

  /** Down. */
  static final int RDN = 2;

  /** Up. */
  static final int RUP = 3;

  /** To nearest, ties away from zero. */
  static final int RMM = 4;

  private FpRound() {}

  /**
   * Whether the magnitude grows by one unit in its last place.
   *
   * @param odd the last kept bit
   * @param rest what was cut off, as a fraction of that unit scaled by 2^64
   */
  static boolean roundsUp(boolean negative, boolean odd, long rest, int rm) {
    return switch (rm) {
      case RNE -> rest < 0 && (rest << 1 != 0 || odd);
      case RDN -> negative && rest != 0;
      case RUP -> !negative && rest != 0;
      case RMM -> rest < 0;
      default -> false;
    };
  }

  /** Shifts right by {@code n >= 0}; any one bit lost sets the last bit. */
  static long shiftJam(long x, int n) {
    if (n == 0) {
      return x;
    }
    return n < 64 ? x >>> n | (x << -n != 0 ? 1 : 0) : x != 0 ? 1 : 0;
  }

  /**
   * Rounds {@code significand / 2^63 * 2^exponent} to the format and raises overflow, underflow and
   * inexact.
   *
   * @param significand bit 63 set; bit 0 is sticky: also set when the exact value has bits below it
   * @return the encoding, in the low 32 bits for a single
   */
  static long round(
      boolean negative, int exponent, long significand, int rm, FpFormat format, FpState s) {
    int below = Math.max(format.minExponent() - exponent, 0);
    long exact = shiftJam(significand, below);
    long kept = keep(negative, exact, rm, format);
    int field = Math.clamp((long) exponent - format.minExponent(), 0, format.overflowField());
    long magnitude = ((long) field << format.fractionBits()) + kept;
    if (Long.compareUnsigned(magnitude, format.infinity()) >= 0) {
      s.flags |= FpState.OF | FpState.NX;
      return format.signed(negative, overflow(negative, rm, format));
    }
    if (kept << format.droppedBits() != exact) {
      s.flags |= FpState.NX;
      if (below > 0 && isTiny(negative, below, significand, rm, format)) {
        s.flags |= FpState.UF;
      }
    }
    return format.signed(negative, magnitude);
  }

  private static long keep(boolean negative, long exact, int rm, FpFormat format) {
    long kept = exact >>> format.droppedBits();
    long rest = exact << format.precision();
    return roundsUp(negative, (kept & 1) != 0, rest, rm) ? kept + 1 : kept;
  }

  /** Underflow looks at the result that an unbounded exponent would have given. */
  private static boolean isTiny(
      boolean negative, int below, long significand, int rm, FpFormat format) {
    return below > 1 || keep(negative, significand, rm, format) >>> format.precision() == 0;
  }

  /** Infinity, or the largest finite number where the mode rounds towards zero. */
  private static long overflow(boolean negative, int rm, FpFormat format) {
    boolean finite = rm == RTZ || rm == (negative ? RUP : RDN);
    return finite ? format.infinity() - 1 : format.infinity();
  }
}
