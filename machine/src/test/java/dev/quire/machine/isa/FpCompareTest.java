package dev.quire.machine.isa;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Operations that do not round: comparison, minimum and maximum, signs, classes, boxing. */
class FpCompareTest {
  private static final long ZERO = 0;
  private static final long ONE = 0x3ff0000000000000L;
  private static final long MINUS = Long.MIN_VALUE;
  private static final long QUIET = 0xfff8000000000123L;
  private static final long SIGNALING = 0x7ff0000000000001L;
  private final FpState state = new FpState();

  @Test
  void comparisonsOfEveryPair() {
    for (long a : FpOperands.doubles()) {
      for (long b : FpOperands.doubles()) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        int signaling = isSignaling(a) || isSignaling(b) ? FpState.NV : 0;
        int nan = Double.isNaN(x) || Double.isNaN(y) ? FpState.NV : 0;
        check(Fp64.eq(a, b, state), x == y ? 1 : 0, signaling);
        check(Fp64.lt(a, b, state), x < y ? 1 : 0, nan);
        check(Fp64.le(a, b, state), x <= y ? 1 : 0, nan);
      }
    }
  }

  @Test
  void comparisonsOfEveryPairOfSingles() {
    for (int a : FpOperands.singles()) {
      for (int b : FpOperands.singles()) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        int signaling = isSignaling(FpBits.widen(a)) || isSignaling(FpBits.widen(b)) ? 16 : 0;
        int nan = Float.isNaN(x) || Float.isNaN(y) ? FpState.NV : 0;
        check(Fp32.eq(a, b, state), x == y ? 1 : 0, signaling);
        check(Fp32.lt(a, b, state), x < y ? 1 : 0, nan);
        check(Fp32.le(a, b, state), x <= y ? 1 : 0, nan);
      }
    }
  }

  /** The host's minimum orders the zeros as RISC-V does, and differs only for NaN. */
  @Test
  void minimumAndMaximumOfNumbers() {
    for (long a : FpOperands.doubles()) {
      for (long b : FpOperands.doubles()) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (!Double.isNaN(x) && !Double.isNaN(y)) {
          check(Fp64.min(a, b, state), Double.doubleToRawLongBits(Math.min(x, y)), 0);
          check(Fp64.max(a, b, state), Double.doubleToRawLongBits(Math.max(x, y)), 0);
        }
      }
    }
    for (int a : FpOperands.singles()) {
      for (int b : FpOperands.singles()) {
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        if (!Float.isNaN(x) && !Float.isNaN(y)) {
          check(Fp32.min(a, b, state), Float.floatToRawIntBits(Math.min(x, y)), 0);
          check(Fp32.max(a, b, state), Float.floatToRawIntBits(Math.max(x, y)), 0);
        }
      }
    }
  }

  @Test
  void nanLosesAgainstNumber() {
    check(Fp64.min(QUIET, ONE, state), ONE, 0);
    check(Fp64.max(ONE, QUIET, state), ONE, 0);
    check(Fp64.min(SIGNALING, ONE, state), ONE, FpState.NV);
    check(Fp64.max(ONE, SIGNALING, state), ONE, FpState.NV);
    check(Fp64.min(QUIET, QUIET, state), FpBits.NAN64, 0);
    check(Fp64.max(SIGNALING, QUIET, state), FpBits.NAN64, FpState.NV);
    int one = Float.floatToRawIntBits(1);
    check(Fp32.min(0xffc00001, one, state), one, 0);
    check(Fp32.max(one, 0xffc00001, state), one, 0);
    check(Fp32.min(0x7f800001, one, state), one, FpState.NV);
    check(Fp32.max(0x7f800001, 0x7fc00000, state), FpBits.NAN32, FpState.NV);
  }

  @Test
  void signsMoveUntouchedPayloads() {
    assertThat(Fp64.sgnj(SIGNALING, MINUS)).isEqualTo(SIGNALING | MINUS);
    assertThat(Fp64.sgnjn(ONE, ZERO)).isEqualTo(ONE | MINUS);
    assertThat(Fp64.sgnjn(QUIET, QUIET)).isEqualTo(QUIET & ~MINUS);
    assertThat(Fp64.sgnjx(ONE | MINUS, ONE | MINUS)).isEqualTo(ONE);
    assertThat(Fp64.sgnjx(ONE, MINUS)).isEqualTo(ONE | MINUS);
    assertThat(Fp32.sgnj(0x7f800001, 0x80000000)).isEqualTo(0xff800001);
    assertThat(Fp32.sgnjn(0x3f800000, 0)).isEqualTo(0xbf800000);
    assertThat(Fp32.sgnjx(0xbf800000, 0xbf800000)).isEqualTo(0x3f800000);
  }

  @Test
  void classes() {
    long[] doubles = {
      0xfff0000000000000L,
      ONE | MINUS,
      MINUS | 1,
      MINUS,
      ZERO,
      0x000fffffffffffffL,
      0x0010000000000000L,
      0x7ff0000000000000L,
      SIGNALING | MINUS,
      QUIET
    };
    int[] singles = {
      0xff800000,
      0xff7fffff,
      0x807fffff,
      0x80000000,
      0,
      1,
      0x00800000,
      0x7f800000,
      0xffbfffff,
      0x7fc00000
    };
    for (int i = 0; i < 10; i++) {
      assertThat(Fp64.classify(doubles[i])).isEqualTo(1L << i);
      assertThat(Fp32.classify(singles[i])).isEqualTo(1L << i);
    }
  }

  @Test
  void boxing() {
    assertThat(FpBits.box(0x3f800000)).isEqualTo(0xffffffff3f800000L);
    assertThat(FpBits.box(0xbf800000)).isEqualTo(0xffffffffbf800000L);
    assertThat(FpBits.unbox(0xffffffffbf800000L)).isEqualTo(0xbf800000);
    assertThat(FpBits.unbox(0xfffffffe3f800000L)).isEqualTo(FpBits.NAN32);
    assertThat(FpBits.unbox(0x000000003f800000L)).isEqualTo(FpBits.NAN32);
  }

  private static boolean isSignaling(long a) {
    return Double.isNaN(Double.longBitsToDouble(a)) && (a & 0x0008000000000000L) == 0;
  }

  private void check(long value, long expected, int flags) {
    assertThat(value).isEqualTo(expected);
    assertThat(state.flags).isEqualTo(flags);
    state.flags = 0;
  }
}
