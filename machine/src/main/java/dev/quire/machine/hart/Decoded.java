package dev.quire.machine.hart;

/**
 * A decoded instruction packed into one long, so that a page of code is one array:
 *
 * <pre>
 *  63              32 31   29 28  23 22  17 16  11 10   9 8    0
 * |    immediate     |  -    | rs2  | rs1  |  rd  | length|  op  |
 * </pre>
 *
 * Length is in halfwords (1 or 2). An integer destination x0 is register 32, which nothing reads.
 * Branch and JAL offsets are in halfwords, all other immediates as the manual's.
 */
final class Decoded {
  private Decoded() {}

  static long of(int op, int length, int rd, int rs1, int rs2, int immediate) {
    return (long) immediate << 32
        | (long) rs2 << 23
        | (long) rs1 << 17
        | (long) rd << 11
        | (long) length << 9
        | op;
  }

  static int op(long d) {
    return (int) d & 0x1ff;
  }

  static int length(long d) {
    return (int) (d >>> 9) & 3;
  }

  static int rd(long d) {
    return (int) (d >>> 11) & 63;
  }

  static int rs1(long d) {
    return (int) (d >>> 17) & 63;
  }

  static int rs2(long d) {
    return (int) (d >>> 23) & 63;
  }

  static long imm(long d) {
    return d >> 32;
  }

  /** The destination register to write for the architectural {@code rd}. */
  static int destination(int rd) {
    return rd == 0 ? 32 : rd;
  }
}
