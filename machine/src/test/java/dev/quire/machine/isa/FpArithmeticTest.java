package dev.quire.machine.isa;

import static dev.quire.machine.isa.FpOracle.Op.ADD;
import static dev.quire.machine.isa.FpOracle.Op.DIV;
import static dev.quire.machine.isa.FpOracle.Op.FMA;
import static dev.quire.machine.isa.FpOracle.Op.MUL;
import static dev.quire.machine.isa.FpOracle.Op.SQRT;
import static dev.quire.machine.isa.FpOracle.Op.SUB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.isa.FpOracle.Format;
import dev.quire.machine.isa.FpOracle.Op;
import dev.quire.machine.isa.FpOracle.Outcome;
import org.junit.jupiter.api.Test;

/** Arithmetic against exact rationals: values and flags, in every mode, NX set before or not. */
class FpArithmeticTest {
  private static final int RANDOM = 20_000;
  private static final Op[] BINARY = {ADD, SUB, MUL, DIV};

  @Test
  void doublesAtTheEdges() {
    long[] all = FpOperands.doubles();
    for (long a : all) {
      checkDouble(SQRT, a);
      for (long b : all) {
        for (Op op : BINARY) {
          checkDouble(op, a, b);
        }
      }
    }
  }

  @Test
  void singlesAtTheEdges() {
    int[] all = FpOperands.singles();
    for (int a : all) {
      checkSingle(SQRT, a);
      for (int b : all) {
        for (Op op : BINARY) {
          checkSingle(op, a, b);
        }
      }
    }
  }

  @Test
  void fusedAtTheEdges() {
    long[] doubles = FpOperands.doubles();
    int[] singles = FpOperands.singles();
    for (int i = 0; i < doubles.length; i += 3) {
      for (int j = 0; j < doubles.length; j += 2) {
        for (int k = 0; k < doubles.length; k += 3) {
          checkDouble(FMA, doubles[i], doubles[j], doubles[k]);
          checkSingle(FMA, singles[i], singles[j], singles[k]);
        }
      }
    }
  }

  @Test
  void randomDoubles() {
    FpOperands operands = new FpOperands(64);
    for (int i = 0; i < RANDOM; i++) {
      long a = operands.nextDouble();
      long b = operands.nextDouble();
      checkDouble(BINARY[i % BINARY.length], a, b);
      checkDouble(FMA, a, b, operands.nextAddend(a, b));
      if (i % 4 == 0) {
        checkDouble(SQRT, a);
        checkDouble(SUB, a, a + (i & 3) - 1);
      }
    }
  }

  @Test
  void randomSingles() {
    FpOperands operands = new FpOperands(32);
    for (int i = 0; i < RANDOM; i++) {
      int a = operands.nextSingle();
      int b = operands.nextSingle();
      checkSingle(BINARY[i % BINARY.length], a, b);
      checkSingle(FMA, a, b, operands.nextAddend(a, b));
      if (i % 4 == 0) {
        checkSingle(SQRT, a);
        checkSingle(SUB, a, a + (i & 3) - 1);
      }
    }
  }

  /** Squares of short numbers have exact roots and quotients. */
  @Test
  void exactRootsAndQuotients() {
    for (int i = 1; i < 4000; i += 7) {
      long square = Double.doubleToRawLongBits((double) i * i);
      int single = Float.floatToRawIntBits((float) (i * i));
      checkDouble(SQRT, square);
      checkDouble(DIV, square, Double.doubleToRawLongBits(i));
      checkSingle(SQRT, single);
      checkSingle(DIV, single, Float.floatToRawIntBits(i));
    }
  }

  @Test
  void fusedVariantsNegateTheProductOrTheAddend() {
    FpState s = new FpState();
    long two = Double.doubleToRawLongBits(2);
    long three = Double.doubleToRawLongBits(3);
    long ten = Double.doubleToRawLongBits(10);
    assertThat(Double.longBitsToDouble(Fp64.fmadd(two, three, ten, 0, s))).isEqualTo(16);
    assertThat(Double.longBitsToDouble(Fp64.fmsub(two, three, ten, 0, s))).isEqualTo(-4);
    assertThat(Double.longBitsToDouble(Fp64.fnmsub(two, three, ten, 0, s))).isEqualTo(4);
    assertThat(Double.longBitsToDouble(Fp64.fnmadd(two, three, ten, 0, s))).isEqualTo(-16);
    int two32 = Float.floatToRawIntBits(2);
    int three32 = Float.floatToRawIntBits(3);
    int ten32 = Float.floatToRawIntBits(10);
    assertThat(Float.intBitsToFloat(Fp32.fmadd(two32, three32, ten32, 0, s))).isEqualTo(16);
    assertThat(Float.intBitsToFloat(Fp32.fmsub(two32, three32, ten32, 0, s))).isEqualTo(-4);
    assertThat(Float.intBitsToFloat(Fp32.fnmsub(two32, three32, ten32, 0, s))).isEqualTo(4);
    assertThat(Float.intBitsToFloat(Fp32.fnmadd(two32, three32, ten32, 0, s))).isEqualTo(-16);
    assertThat(s.flags).isZero();
  }

  private static void checkDouble(Op op, long... x) {
    FpState s = new FpState();
    for (int rm = 0; rm <= 4; rm++) {
      Outcome expected = FpOracle.of(op, Format.DOUBLE, rm, x);
      for (int before = 0; before <= 1; before++) {
        s.flags = before;
        long bits = apply(op, x, rm, s);
        if (bits != expected.bits() || s.flags != (expected.flags() | before)) {
          long[] operands = x;
          assertThat(new Outcome(bits, s.flags))
              .as(() -> describe(op, operands))
              .isEqualTo(new Outcome(expected.bits(), expected.flags() | before));
        }
      }
    }
  }

  private static void checkSingle(Op op, int... x) {
    FpState s = new FpState();
    long[] wide = new long[x.length];
    for (int i = 0; i < x.length; i++) {
      wide[i] = FpBits.widen(x[i]);
    }
    for (int rm = 0; rm <= 4; rm++) {
      Outcome expected = FpOracle.of(op, Format.SINGLE, rm, wide);
      for (int before = 0; before <= 1; before++) {
        s.flags = before;
        long bits = apply(op, x, rm, s) & 0xffffffffL;
        if (bits != expected.bits() || s.flags != (expected.flags() | before)) {
          assertThat(new Outcome(bits, s.flags))
              .as(() -> describe(op, wide))
              .isEqualTo(new Outcome(expected.bits(), expected.flags() | before));
        }
      }
    }
  }

  private static String describe(Op op, long[] x) {
    StringBuilder text = new StringBuilder(op.toString());
    for (long bits : x) {
      text.append(' ').append(Double.toHexString(Double.longBitsToDouble(bits)));
    }
    return text.toString();
  }

  private static long apply(Op op, long[] x, int rm, FpState s) {
    return switch (op) {
      case ADD -> Fp64.add(x[0], x[1], rm, s);
      case SUB -> Fp64.sub(x[0], x[1], rm, s);
      case MUL -> Fp64.mul(x[0], x[1], rm, s);
      case DIV -> Fp64.div(x[0], x[1], rm, s);
      case SQRT -> Fp64.sqrt(x[0], rm, s);
      case FMA -> Fp64.fmadd(x[0], x[1], x[2], rm, s);
      case CONVERT -> x[0];
    };
  }

  private static int apply(Op op, int[] x, int rm, FpState s) {
    return switch (op) {
      case ADD -> Fp32.add(x[0], x[1], rm, s);
      case SUB -> Fp32.sub(x[0], x[1], rm, s);
      case MUL -> Fp32.mul(x[0], x[1], rm, s);
      case DIV -> Fp32.div(x[0], x[1], rm, s);
      case SQRT -> Fp32.sqrt(x[0], rm, s);
      case FMA -> Fp32.fmadd(x[0], x[1], x[2], rm, s);
      case CONVERT -> x[0];
    };
  }
}
