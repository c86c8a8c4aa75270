package dev.quire.monitor.explain;

/** What keeps the MMU from reading page-table entries again. */
public enum Cache {
  /** Holds whole translations: a hit leaves nothing of a walk. */
  L2_TLB("L2"),
  /** Holds the hpa of the first stage's tables: a hit leaves the last entry, and what follows. */
  VS_WALK_CACHE("VS"),
  /** Holds the hpa of the G stage's tables: a hit leaves the last entry of each G-stage walk. */
  G_WALK_CACHE("G"),
  /** Holds gfn to hfn: a hit leaves nothing of a G-stage walk. */
  NESTED_TLB("nested");

  private final String word;

  Cache(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }
}
