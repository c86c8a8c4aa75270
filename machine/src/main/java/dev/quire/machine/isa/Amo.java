package dev.quire.machine.isa;

/** What the atomic memory operations write (unprivileged manual, chapter A, "AMO"). */
public final class Amo {
  public static final int SWAP = 0;
  public static final int ADD = 1;
  public static final int XOR = 2;
  public static final int AND = 3;
  public static final int OR = 4;
  public static final int MIN = 5;
  public static final int MAX = 6;
  public static final int MINU = 7;
  public static final int MAXU = 8;

  private Amo() {}

  /**
   * The new value of a doubleword, or of a word, of which both operands are sign-extended: that
   * keeps the order of unsigned words, too.
   */
  public static long combine(int operation, long old, long operand) {
    return switch (operation) {
      case SWAP -> operand;
      case ADD -> old + operand;
      case XOR -> old ^ operand;
      case AND -> old & operand;
      case OR -> old | operand;
      case MIN -> Math.min(old, operand);
      case MAX -> Math.max(old, operand);
      case MINU -> Long.compareUnsigned(old, operand) < 0 ? old : operand;
      default -> Long.compareUnsigned(old, operand) > 0 ? old : operand;
    };
  }
}
