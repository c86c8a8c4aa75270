package dev.quire.monitor.explain;

import dev.quire.machine.mmu.AccessType;

/** What a translation is for. */
public enum Access {
  LOAD(AccessType.LOAD),
  STORE(AccessType.STORE),
  FETCH(AccessType.FETCH);

  private static final int GUEST = 8;

  private final int type;

  Access(int type) {
    this.type = type;
  }

  /** One of {@link AccessType}. */
  int type() {
    return type;
  }

  /** load, store or fetch. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The exception code when the single or the VS stage refuses: 13, 15, 12. */
  int pageFault() {
    return AccessType.pageFault(type);
  }

  /** The exception code when the G stage refuses: 21, 23, 20. */
  int guestPageFault() {
    return AccessType.pageFault(type) + GUEST;
  }

  /** The exception code where there is no memory: 5, 7, 1. */
  int accessFault() {
    return AccessType.accessFault(type);
  }
}
