package dev.quire.monitor.paging;

import java.util.BitSet;

/**
 * The machine's ASIDs, shared by all VMs whose methods leave hgatp Bare: there the VMID is 0 for
 * all of them, and the ASID alone keeps their translations apart. Thread-safe.
 */
public final class MachineAsids {
  private static final int ALL = 1 << 16;

  private final BitSet used = new BitSet(ALL);

  /** An ASID that nobody uses, not 0. */
  synchronized int allocate() {
    int asid = used.nextClearBit(1);
    if (asid >= ALL) {
      throw new IllegalStateException("all ASIDs are in use");
    }
    used.set(asid);
    return asid;
  }

  /** Gives an ASID back, of which no hart holds a translation any more. */
  synchronized void release(int asid) {
    used.clear(asid);
  }
}
