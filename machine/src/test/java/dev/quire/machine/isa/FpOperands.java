package dev.quire.machine.isa;

import java.util.Random;

/** Operands that find mistakes: the edges of the formats, halfway cases, cancellation. */
final class FpOperands {
  private static final long[] EDGES = {
    0x0000000000000000L, // 0
    0x0000000000000001L, // smallest subnormal
    0x0000000000000003L,
    0x0008000000000000L,
    0x000fffffffffffffL, // largest subnormal
    0x0010000000000000L, // smallest normal
    0x0010000000000001L,
    0x001fffffffffffffL,
    0x0020000000000000L,
    0x1ff0000000000000L, // about the root of the smallest normal
    0x3ca0000000000000L, // half an ulp of 1
    0x3fe0000000000000L,
    0x3fefffffffffffffL, // 1 - ulp/2
    0x3ff0000000000000L, // 1
    0x3ff0000000000001L,
    0x3ff8000000000000L,
    0x3fffffffffffffffL,
    0x4000000000000000L, // 2
    0x4008000000000000L, // 3
    0x5fe0000000000000L, // about the root of the largest
    0x7fe0000000000000L,
    0x7fefffffffffffffL, // largest
    0x7ff0000000000000L, // infinity
    0x7ff0000000000001L, // signaling
    0x7ff8000000000000L, // quiet
    0x7fffffffffffffffL,
  };

  private final Random random;

  FpOperands(long seed) {
    random = new Random(seed);
  }

  /** The special values of a double, both signs. */
  static long[] doubles() {
    long[] all = new long[2 * EDGES.length];
    for (int i = 0; i < EDGES.length; i++) {
      all[2 * i] = EDGES[i];
      all[2 * i + 1] = EDGES[i] | Long.MIN_VALUE;
    }
    return all;
  }

  /** Their counterparts among the singles. */
  static int[] singles() {
    long[] doubles = doubles();
    int[] all = new int[doubles.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = narrow(doubles[i]);
    }
    return all;
  }

  /** Same place in the other format: sign, end of the exponent range, first and last bits. */
  private static int narrow(long a) {
    int sign = (int) (a >>> 32) & 0x80000000;
    int field = (int) (a >>> 52) & 0x7ff;
    int exponent =
        field < 64
            ? field
            : field > 1983 ? field - 2047 + 255 : Math.clamp(field - 1023 + 127, 40, 215);
    int fraction = (int) (a >>> 29) & 0x7fffff | (int) a & 3;
    return sign | exponent << 23 | fraction;
  }

  long nextDouble() {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> pick(doubles());
      case 2 -> assemble(random.nextInt(0, 3), fraction(52), 52, 11);
      case 3 -> assemble(random.nextInt(0, 60), fraction(52), 52, 11);
      case 4 -> assemble(random.nextInt(1990, 2047), fraction(52), 52, 11);
      case 5 -> assemble(random.nextInt(480, 540), fraction(52), 52, 11);
      default -> assemble(random.nextInt(1023 - 56, 1023 + 66), fraction(52), 52, 11);
    };
  }

  int nextSingle() {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt();
      case 1 -> narrow(pick(doubles()));
      case 2 -> (int) assemble(random.nextInt(0, 3), fraction(23), 23, 8);
      case 3 -> (int) assemble(random.nextInt(0, 30), fraction(23), 23, 8);
      case 4 -> (int) assemble(random.nextInt(225, 255), fraction(23), 23, 8);
      case 5 -> (int) assemble(random.nextInt(45, 80), fraction(23), 23, 8);
      default -> (int) assemble(random.nextInt(127 - 28, 127 + 66), fraction(23), 23, 8);
    };
  }

  /** An addend that cancels most of the product, or any double. */
  long nextAddend(long a, long b) {
    if (random.nextBoolean()) {
      return nextDouble();
    }
    double product = Double.longBitsToDouble(a) * Double.longBitsToDouble(b);
    return Double.doubleToRawLongBits(-product) + random.nextInt(-2, 3);
  }

  int nextAddend(int a, int b) {
    if (random.nextBoolean()) {
      return nextSingle();
    }
    float product = Float.intBitsToFloat(a) * Float.intBitsToFloat(b);
    return Float.floatToRawIntBits(-product) + random.nextInt(-2, 3);
  }

  /** An integer of any length. */
  long nextInteger() {
    long x = random.nextInt(3) == 0 ? fraction(62) : random.nextLong();
    return x >> random.nextInt(64);
  }

  private long assemble(int exponent, long fraction, int fractionBits, int exponentBits) {
    long sign = random.nextInt(2);
    return (sign << exponentBits | exponent) << fractionBits | fraction;
  }

  /** Random; or half the width, whose products are halfway cases; or runs of ones and zeros. */
  private long fraction(int bits) {
    long all = (1L << bits) - 1;
    return switch (random.nextInt(4)) {
      case 0 -> random.nextLong() & all;
      case 1 -> random.nextLong() & all & -1L << random.nextInt(bits);
      case 2 -> (1L << random.nextInt(bits)) + random.nextInt(-1, 2) & all;
      default -> (all >>> random.nextInt(bits)) << random.nextInt(bits) & all;
    };
  }

  private long pick(long[] all) {
    return all[random.nextInt(all.length)];
  }
}
