package dev.quire.monitor.explain;

/** What a page table is for, whoever walks it. */
public enum TableRole {
  /** The guest's own: gva to gpa. */
  V2P("V2P"),
  /** The monitor's: gpa to hpa. */
  P2M("P2M"),
  /** Made by the monitor: gva to hpa. V2P's shadow, or what stands in for a part of it. */
  V2M("V2M"),
  /** The guest's own, hooked to the MMU with machine frames in its entries: gva to hpa. */
  HOOKED("hooked"),
  /** A kernel's own on the bare machine: virtual to machine address. */
  NATIVE("native");

  private final String word;

  TableRole(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }
}
