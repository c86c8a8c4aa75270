package dev.quire.machine.isa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.isa.FpOracle.Format;
import dev.quire.machine.isa.FpOracle.Op;
import dev.quire.machine.isa.FpOracle.Outcome;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class FpConvertTest {
  private static final int RANDOM = 10_000;
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);
  private final FpState state = new FpState();

  @Test
  void edgesToIntegers() {
    for (long a : FpOperands.doubles()) {
      checkToIntegers(a);
    }
    for (int a : FpOperands.singles()) {
      checkToIntegers(a);
    }
  }

  /** Around the bounds of each integer type. */
  @Test
  void boundsOfIntegers() {
    for (int power : new int[] {0, 1, 24, 31, 32, 52, 53, 62, 63, 64, 65}) {
      for (int sign = -1; sign <= 1; sign += 2) {
        double bound = sign * Math.scalb(1.0, power);
        for (double delta : new double[] {0, 0.25, 0.5, 0.75, 1, 1.5}) {
          checkToIntegers(Double.doubleToRawLongBits(bound + delta));
          checkToIntegers(Double.doubleToRawLongBits(bound - delta));
          checkToIntegers(Float.floatToRawIntBits((float) (bound + delta)));
          checkToIntegers(Float.floatToRawIntBits((float) (bound - delta)));
        }
        checkToIntegers(Double.doubleToRawLongBits(Math.nextUp(bound)));
        checkToIntegers(Double.doubleToRawLongBits(Math.nextDown(bound)));
        checkToIntegers(Float.floatToRawIntBits(Math.nextUp((float) bound)));
        checkToIntegers(Float.floatToRawIntBits(Math.nextDown((float) bound)));
      }
    }
  }

  @Test
  void randomToIntegers() {
    FpOperands operands = new FpOperands(1);
    for (int i = 0; i < RANDOM; i++) {
      checkToIntegers(operands.nextDouble());
      checkToIntegers(operands.nextSingle());
    }
  }

  @Test
  void fromIntegers() {
    FpOperands operands = new FpOperands(2);
    for (int i = 0; i < RANDOM; i++) {
      checkFromInteger(operands.nextInteger());
    }
    for (long x : new long[] {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1}) {
      checkFromInteger(x);
    }
    for (int power = 20; power < 64; power++) {
      for (int delta = -3; delta <= 3; delta++) {
        checkFromInteger((1L << power) + delta);
      }
    }
  }

  @Test
  void betweenSinglesAndDoubles() {
    for (long a : FpOperands.doubles()) {
      checkNarrow(a);
    }
    for (int a : FpOperands.singles()) {
      checkWiden(a);
    }
    FpOperands operands = new FpOperands(3);
    for (int i = 0; i < RANDOM; i++) {
      checkNarrow(operands.nextDouble());
      // A single and half an ulp of it, more or less: every rounding decision, subnormals included.
      checkNarrow(FpBits.widen(operands.nextSingle()) + (1L << 28) + i % 3 - 1);
      checkWiden(operands.nextSingle());
    }
  }

  private void checkNarrow(long a) {
    for (int rm = 0; rm <= 4; rm++) {
      Outcome expected = FpOracle.of(Op.CONVERT, Format.SINGLE, rm, a);
      for (int before = 0; before <= 1; before++) {
        state.flags = before;
        check(FpConvert.doubleToFloat(a, rm, state) & 0xffffffffL, expected, before);
      }
    }
  }

  private void checkWiden(int a) {
    state.flags = 0;
    Outcome expected = FpOracle.of(Op.CONVERT, Format.DOUBLE, 0, FpBits.widen(a));
    check(FpConvert.floatToDouble(a, state), expected, 0);
  }

  private void checkToIntegers(long a) {
    double x = Double.longBitsToDouble(a);
    FpState s = state;
    for (int rm = 0; rm <= 4; rm++) {
      s.flags = 0;
      check(FpConvert.doubleToInt32(a, rm, s), FpOracle.toInteger(x, 32, true, rm), 0);
      s.flags = 0;
      check(FpConvert.doubleToUInt32(a, rm, s), FpOracle.toInteger(x, 32, false, rm), 0);
      s.flags = 0;
      check(FpConvert.doubleToInt64(a, rm, s), FpOracle.toInteger(x, 64, true, rm), 0);
      s.flags = 0;
      check(FpConvert.doubleToUInt64(a, rm, s), FpOracle.toInteger(x, 64, false, rm), 0);
    }
  }

  private void checkToIntegers(int a) {
    double x = Float.intBitsToFloat(a);
    FpState s = state;
    for (int rm = 0; rm <= 4; rm++) {
      s.flags = 0;
      check(FpConvert.floatToInt32(a, rm, s), FpOracle.toInteger(x, 32, true, rm), 0);
      s.flags = 0;
      check(FpConvert.floatToUInt32(a, rm, s), FpOracle.toInteger(x, 32, false, rm), 0);
      s.flags = 0;
      check(FpConvert.floatToInt64(a, rm, s), FpOracle.toInteger(x, 64, true, rm), 0);
      s.flags = 0;
      check(FpConvert.floatToUInt64(a, rm, s), FpOracle.toInteger(x, 64, false, rm), 0);
    }
  }

  private void checkFromInteger(long x) {
    BigInteger signed = BigInteger.valueOf(x);
    BigInteger unsigned = x < 0 ? signed.add(TWO_64) : signed;
    int low = (int) x;
    BigInteger word = BigInteger.valueOf(low);
    BigInteger unsignedWord = BigInteger.valueOf(x & 0xffffffffL);
    FpState s = state;
    s.flags = 0;
    check(FpConvert.int32ToDouble(x), FpOracle.ofInteger(word, Format.DOUBLE, 0), 0);
    check(FpConvert.uint32ToDouble(x), FpOracle.ofInteger(unsignedWord, Format.DOUBLE, 0), 0);
    for (int rm = 0; rm <= 4; rm++) {
      s.flags = 0;
      check(FpConvert.int64ToDouble(x, rm, s), FpOracle.ofInteger(signed, Format.DOUBLE, rm), 0);
      s.flags = 0;
      check(FpConvert.uint64ToDouble(x, rm, s), FpOracle.ofInteger(unsigned, Format.DOUBLE, rm), 0);
      s.flags = 0;
      check32(FpConvert.int64ToFloat(x, rm, s), FpOracle.ofInteger(signed, Format.SINGLE, rm));
      s.flags = 0;
      check32(FpConvert.uint64ToFloat(x, rm, s), FpOracle.ofInteger(unsigned, Format.SINGLE, rm));
      s.flags = 0;
      check32(FpConvert.int32ToFloat(x, rm, s), FpOracle.ofInteger(word, Format.SINGLE, rm));
      s.flags = 0;
      check32(
          FpConvert.uint32ToFloat(x, rm, s), FpOracle.ofInteger(unsignedWord, Format.SINGLE, rm));
    }
  }

  private void check32(int bits, Outcome expected) {
    check(bits & 0xffffffffL, expected, 0);
  }

  private void check(long bits, Outcome expected, int before) {
    if (bits != expected.bits() || state.flags != (expected.flags() | before)) {
      assertThat(new Outcome(bits, state.flags))
          .isEqualTo(new Outcome(expected.bits(), expected.flags() | before));
    }
  }
}
