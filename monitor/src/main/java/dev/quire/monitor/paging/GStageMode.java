package dev.quire.monitor.paging;

/** The page-table formats of hgatp (hypervisor chapter, "Hypervisor Guest Address Translation"). */
public enum GStageMode {
  SV39X4(8, 3),
  SV48X4(9, 4),
  SV57X4(10, 5);

  private final int code;
  private final int levels;

  GStageMode(int code, int levels) {
    this.code = code;
    this.levels = levels;
  }

  /** The value of hgatp.MODE. */
  public int code() {
    return code;
  }

  public int levels() {
    return levels;
  }

  /** Width of a gpa in bits: 41, 50 or 59. */
  public int addressBits() {
    return 12 + 9 * levels + 2;
  }
}
