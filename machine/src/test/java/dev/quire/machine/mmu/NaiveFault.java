package dev.quire.machine.mmu;

/** What {@link NaiveWalker} throws: everything that a trap would tell of the same fault. */
final class NaiveFault extends Exception {
  private static final long serialVersionUID = 1L;
  static final int PAGE = 0;
  static final int GUEST = 1;
  static final int ACCESS = 2;
  private static final int[][] CAUSES = {
    {13, 15, 12, 15, 13}, {21, 23, 20, 23, 21}, {5, 7, 1, 7, 5}
  };

  final int cause;
  final long gpa;
  final int instruction;

  NaiveFault(int kind, NaiveWalker.Access access, long gpa) {
    this.cause = CAUSES[kind]["rwxce".indexOf(access.original())];
    this.gpa = gpa;
    this.instruction = kind == GUEST ? access.instruction() : 0;
  }
}
