package dev.quire.machine.hart;

/**
 * A decoded instruction: a word that says what to do with which registers, and an immediate; both
 * in one long where they travel together.
 *
 * <pre>
 *  63               32   31   30   26 25  20 19  14 13   8 7    0
 * |     immediate     | long |   -   | rs2  | rs1  |  rd  |  op  |
 * </pre>
 *
 * "long" is set for an instruction of two halfwords. An integer destination x0 is register 32,
 * which nothing reads. The immediate is as the manual has it, until {@link #placed}.
 */
final class Decoded {
  private Decoded() {}

  static long of(int op, int length, int rd, int rs1, int rs2, int immediate) {
    int word = (length - 1) << 31 | rs2 << 20 | rs1 << 14 | rd << 8 | op;
    return (long) immediate << 32 | word & 0xffffffffL;
  }

  /** The long form of a word and an immediate. */
  static long of(int word, int immediate) {
    return (long) immediate << 32 | word & 0xffffffffL;
  }

  static int op(int word) {
    return word & 0xff;
  }

  /** In halfwords: 1 or 2. */
  static int length(int word) {
    return 1 + (word >>> 31);
  }

  static int rd(int word) {
    return word >>> 8 & 63;
  }

  static int rs1(int word) {
    return word >>> 14 & 63;
  }

  static int rs2(int word) {
    return word >>> 20 & 63;
  }

  static int op(long d) {
    return op((int) d);
  }

  static int rd(long d) {
    return rd((int) d);
  }

  static int rs1(long d) {
    return rs1((int) d);
  }

  static int rs2(long d) {
    return rs2((int) d);
  }

  static long imm(long d) {
    return d >> 32;
  }

  /** The destination register to write for the architectural {@code rd}. */
  static int destination(int rd) {
    return rd == 0 ? 32 : rd;
  }

  /**
   * The form in which {@code d} stands in slot {@code slot} of a page: a branch or a jump without
   * link inside the page has its target's slot for immediate, a branch out of it is {@link
   * Op#FAR_BRANCH}, with the operation that decides in place of rd.
   */
  static long placed(long d, int slot) {
    int op = op(d);
    boolean branch = op >= Op.BEQ && op <= Op.BGEU;
    if (!branch && (op != Op.JAL || rd(d) != 32)) {
      return d;
    }
    long target = slot + (imm(d) >> 1);
    int length = length((int) d);
    if (target >= 0 && target < CodePage.SLOTS) {
      return of(branch ? op : Op.J, length, 32, rs1(d), rs2(d), (int) target);
    }
    return branch ? far(d) : d;
  }

  /** The form in which {@code d} is executed outside of a page. */
  static long far(long d) {
    boolean branch = op(d) >= Op.BEQ && op(d) <= Op.BGEU;
    return branch ? of(Op.FAR_BRANCH, length((int) d), op(d), rs1(d), rs2(d), (int) imm(d)) : d;
  }
}
