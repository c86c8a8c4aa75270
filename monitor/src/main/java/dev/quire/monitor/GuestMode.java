package dev.quire.monitor;

/** The largest page-table format that a guest is offered. */
public enum GuestMode {
  SV39("riscv,sv39", " no4lvl"),
  SV48("riscv,sv48", " no5lvl"),
  SV57("riscv,sv57", "");

  private final String mmuType;
  private final String limit;

  GuestMode(String mmuType, String limit) {
    this.mmuType = mmuType;
    this.limit = limit;
  }

  /** The value of mmu-type in the device tree. */
  String mmuType() {
    return mmuType;
  }

  /** What keeps Linux, which tries vsatp out, from using more; with a leading space. */
  String limit() {
    return limit;
  }
}
