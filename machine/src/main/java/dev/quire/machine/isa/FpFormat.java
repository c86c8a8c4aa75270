package dev.quire.machine.isa;

/**
 * A binary interchange format: what {@link FpRound} needs to know about it.
 *
 * @param fractionBits width of the stored fraction
 * @param minExponent exponent of the smallest normal number
 * @param infinity encoding of +infinity, one more than that of the largest finite number
 * @param nan the canonical NaN
 * @param sign the sign bit
 */
record FpFormat(int fractionBits, int minExponent, long infinity, long nan, long sign) {
  static final FpFormat SINGLE =
      new FpFormat(23, -126, FpBits.INFINITY32, FpBits.NAN32, 0x8000_0000L);
  static final FpFormat DOUBLE =
      new FpFormat(52, -1022, FpBits.INFINITY64, FpBits.NAN64, FpBits.SIGN64);

  /** Bits of the significand, the hidden one included. */
  int precision() {
    return fractionBits + 1;
  }

  /** Bits that a 64-bit significand has too many. */
  int droppedBits() {
    return 63 - fractionBits;
  }

  /** The exponent field of infinity, less one for the hidden bit. */
  int overflowField() {
    return 2 * (1 - minExponent);
  }

  long signed(boolean negative, long magnitude) {
    return negative ? sign | magnitude : magnitude;
  }
}
