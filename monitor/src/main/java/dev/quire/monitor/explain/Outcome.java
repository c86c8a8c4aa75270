package dev.quire.monitor.explain;

/** How a walk ends. */
public sealed interface Outcome {
  /**
   * With an address.
   *
   * @param gpa the same as a guest-physical address, -1 where the walk does not meet one
   * @param hpa the machine address; the gpa where only the guest's own view was walked
   * @param firstShift log2 of the bytes that the first stage's leaf maps
   * @param secondShift the same of the G stage's leaf
   * @param readable whether all stages allow loads, and so on
   * @param writable whether they allow stores now: W and D are set everywhere
   * @param user whether the page is user mode's
   */
  record Translated(
      long gpa,
      long hpa,
      int firstShift,
      int secondShift,
      boolean readable,
      boolean writable,
      boolean executable,
      boolean user)
      implements Outcome {
    /** A page size of a stage that does not translate, as a shift. */
    public static final int NOT_TRANSLATED = 56;

    /** log2 of the bytes for which the translation holds. */
    public int pageShift() {
      return Math.min(firstShift, secondShift);
    }

    /** As in {@code RW-U}. */
    public String permissions() {
      return (readable ? "R" : "-")
          + (writable ? "W" : "-")
          + (executable ? "X" : "-")
          + (user ? "U" : "-");
    }
  }

  /**
   * With a trap.
   *
   * @param cause the exception code
   * @param name of the exception
   * @param table the table that refuses
   * @param level of the entry that refuses; -1 if no entry does
   * @param address the gva that is refused, or the gpa if it is the P2M that refuses
   * @param why in words
   */
  record Fault(int cause, String name, TableRole table, int level, long address, String why)
      implements Outcome {}
}
