package dev.quire.machine.isa;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * What an operation must give, from exact rationals and big integers: slow, and with nothing in
 * common with the code under test. Specials come from the host's arithmetic.
 */
final class FpOracle {
  enum Op {
    ADD,
    SUB,
    MUL,
    DIV,
    SQRT,
    FMA,
    CONVERT
  }

  record Outcome(long bits, int flags) {
    @Override
    public String toString() {
      return "%x flags %02x".formatted(bits, flags);
    }
  }

  /** A format: precision, exponent of the smallest normal number, width of the encoding. */
  record Format(int precision, int minExponent, int width) {
    static final Format SINGLE = new Format(24, -126, 32);
    static final Format DOUBLE = new Format(53, -1022, 64);

    long encode(double x) {
      if (Double.isNaN(x)) {
        return width == 32 ? 0x7fc00000L : 0x7ff8000000000000L;
      }
      return width == 32
          ? Float.floatToRawIntBits((float) x) & 0xffffffffL
          : Double.doubleToRawLongBits(x);
    }
  }

  /** {@code num / den}, or its square root; positive. */
  private record Exact(BigInteger num, BigInteger den, boolean root) {
    /** Compares with {@code m * 2^k}. */
    int compare(BigInteger m, int k) {
      BigInteger square = root ? m.multiply(m) : m;
      int power = root ? 2 * k : k;
      return num.shiftLeft(Math.max(-power, 0))
          .compareTo(square.multiply(den).shiftLeft(Math.max(power, 0)));
    }

    BigInteger floor(int k) {
      int power = root ? 2 * k : k;
      BigInteger n = num.shiftLeft(Math.max(-power, 0)).divide(den.shiftLeft(Math.max(power, 0)));
      return root ? n.sqrt() : n;
    }

    int exponent() {
      int e = num.bitLength() - den.bitLength();
      e = (root ? e >> 1 : e) + 1;
      while (compare(BigInteger.ONE, e) < 0) {
        e--;
      }
      return e;
    }
  }

  private static final BigInteger SCALE = BigInteger.ONE.shiftLeft(1074);

  private FpOracle() {}

  /** Operands are bits of doubles; the result is rounded to the format. */
  static Outcome of(Op op, Format format, int rm, long... bits) {
    double a = Double.longBitsToDouble(bits[0]);
    double b = bits.length > 1 ? Double.longBitsToDouble(bits[1]) : 0;
    double c = bits.length > 2 ? Double.longBitsToDouble(bits[2]) : 0;
    double host = host(op, a, b, c);
    boolean anyNan = Double.isNaN(a) || Double.isNaN(b) || Double.isNaN(c);
    if (anyNan || Double.isNaN(host)) {
      boolean zeroTimesInfinity = op == Op.FMA && Double.isNaN(a * b) && !isNan(a, b);
      boolean invalid = !anyNan || zeroTimesInfinity;
      for (long x : bits) {
        invalid |= isNan(Double.longBitsToDouble(x), 0) && (x & 0x0008000000000000L) == 0;
      }
      return new Outcome(format.encode(Double.NaN), invalid ? 16 : 0);
    }
    if (Double.isInfinite(a) || Double.isInfinite(b) || Double.isInfinite(c)) {
      return new Outcome(format.encode(host), 0);
    }
    if (op == Op.DIV && b == 0) {
      return new Outcome(format.encode(host), 8);
    }
    Exact exact = exact(op, a, b, c);
    if (exact.num.signum() == 0) {
      double left = op == Op.FMA ? Math.copySign(1, a) * Math.copySign(1, b) : Math.copySign(1, a);
      double right = op == Op.FMA ? c : op == Op.SUB ? -b : b;
      boolean sum = op == Op.ADD || op == Op.SUB || op == Op.FMA;
      boolean down = sum && left != Math.copySign(1, right) && rm == 2;
      return new Outcome(format.encode(down ? -0.0 : sum ? sumZero(left, right) : host), 0);
    }
    boolean negative = exact.num.signum() < 0;
    return round(new Exact(exact.num.abs(), exact.den, exact.root), negative, rm, format);
  }

  static Outcome ofInteger(BigInteger value, Format format, int rm) {
    if (value.signum() == 0) {
      return new Outcome(0, 0);
    }
    return round(new Exact(value.abs(), BigInteger.ONE, false), value.signum() < 0, rm, format);
  }

  /** FCVT to an integer of so many bits; the result as a register holds it. */
  static Outcome toInteger(double x, int width, boolean signed, int rm) {
    BigInteger max = BigInteger.ONE.shiftLeft(signed ? width - 1 : width).subtract(BigInteger.ONE);
    BigInteger min = signed ? max.not() : BigInteger.ZERO;
    if (!(Math.abs(x) <= Double.MAX_VALUE)) {
      return new Outcome(register(x < 0 ? min : max, width), 16);
    }
    BigDecimal exact = new BigDecimal(x);
    BigInteger r = exact.setScale(0, mode(rm)).toBigInteger();
    if (r.compareTo(max) > 0 || r.compareTo(min) < 0) {
      return new Outcome(register(r.signum() < 0 ? min : max, width), 16);
    }
    return new Outcome(register(r, width), new BigDecimal(r).compareTo(exact) == 0 ? 0 : 1);
  }

  private static long register(BigInteger x, int width) {
    return width == 32 ? x.intValue() : x.longValue();
  }

  private static java.math.RoundingMode mode(int rm) {
    return switch (rm) {
      case 0 -> java.math.RoundingMode.HALF_EVEN;
      case 1 -> java.math.RoundingMode.DOWN;
      case 2 -> java.math.RoundingMode.FLOOR;
      case 3 -> java.math.RoundingMode.CEILING;
      default -> java.math.RoundingMode.HALF_UP;
    };
  }

  private static double sumZero(double left, double right) {
    return left < 0 && Math.copySign(1, right) < 0 ? -0.0 : 0.0;
  }

  private static boolean isNan(double a, double b) {
    return Double.isNaN(a) || Double.isNaN(b);
  }

  private static double host(Op op, double a, double b, double c) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case SQRT -> Math.sqrt(a);
      case FMA -> Math.fma(a, b, c);
      case CONVERT -> a;
    };
  }

  private static Exact exact(Op op, double a, double b, double c) {
    BigInteger x = scaled(a);
    BigInteger y = scaled(b);
    return switch (op) {
      case ADD -> new Exact(x.add(y), SCALE, false);
      case SUB -> new Exact(x.subtract(y), SCALE, false);
      case MUL -> new Exact(x.multiply(y), SCALE.multiply(SCALE), false);
      case DIV -> new Exact(y.signum() < 0 ? x.negate() : x, y.abs(), false);
      case SQRT -> new Exact(x, SCALE, true);
      case FMA ->
          new Exact(x.multiply(y).add(scaled(c).multiply(SCALE)), SCALE.multiply(SCALE), false);
      case CONVERT -> new Exact(x, SCALE, false);
    };
  }

  /** {@code x * 2^1074}, an integer. */
  private static BigInteger scaled(double x) {
    int exponent = Math.max(Math.getExponent(x), Double.MIN_EXPONENT) - 52;
    return BigInteger.valueOf((long) Math.scalb(x, -exponent)).shiftLeft(exponent + 1074);
  }

  private static Outcome round(Exact v, boolean negative, int rm, Format f) {
    int exponent = v.exponent();
    int k = Math.max(exponent, f.minExponent) - f.precision + 1;
    BigInteger r = roundAt(v, k, negative, rm);
    boolean inexact = v.compare(r, k) != 0;
    int flags = inexact ? 1 : 0;
    if (r.bitLength() + k - 1 > 1 - f.minExponent) {
      boolean largest = rm == 1 || rm == (negative ? 3 : 2);
      double max = f.width == 32 ? Float.MAX_VALUE : Double.MAX_VALUE;
      double magnitude = largest ? max : Double.POSITIVE_INFINITY;
      return new Outcome(f.encode(negative ? -magnitude : magnitude), 4 | 1);
    }
    int free = exponent - f.precision + 1;
    BigInteger unbounded = roundAt(v, free, negative, rm);
    if (inexact && unbounded.bitLength() + free - 1 < f.minExponent) {
      flags |= 2;
    }
    double magnitude = Math.scalb(r.doubleValue(), k);
    return new Outcome(f.encode(negative ? -magnitude : magnitude), flags);
  }

  private static BigInteger roundAt(Exact v, int k, boolean negative, int rm) {
    BigInteger down = v.floor(k);
    boolean inexact = v.compare(down, k) != 0;
    int half = v.compare(down.shiftLeft(1).add(BigInteger.ONE), k - 1);
    boolean up =
        switch (rm) {
          case 0 -> half > 0 || half == 0 && down.testBit(0);
          case 2 -> negative && inexact;
          case 3 -> !negative && inexact;
          case 4 -> half >= 0;
          default -> false;
        };
    return up ? down.add(BigInteger.ONE) : down;
  }
}
