package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.mmu.Mmu;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Takes translations out of the TLBs and walk caches of all harts that run a VM, under a method
 * that leaves hgatp Bare. What was taken back from a table is collected, then {@link #finish} has
 * every hart flush before its next instruction. Guarded by the VM's paging lock.
 */
final class TlbShootdown {
  /** With more addresses than this, flushing everything costs less. */
  private static final int MANY = 16;

  private final List<Hart> harts = new CopyOnWriteArrayList<>();
  private final long[] gvas = new long[MANY];
  private int count;
  private boolean everything;

  void add(Hart hart) {
    if (!harts.contains(hart)) {
      harts.add(hart);
    }
  }

  /** Leaves that map {@code gva}, of all address spaces. */
  void address(long gva) {
    if (count == MANY) {
      everything = true;
    } else {
      gvas[count++] = gva;
    }
  }

  /** All translations, and the places of all tables. */
  void everything() {
    everything = true;
  }

  /** Has every hart forget what was collected; returns when none of them can use it any more. */
  void finish() {
    if (!everything && count == 0) {
      return;
    }
    long[] addresses = everything ? new long[0] : java.util.Arrays.copyOf(gvas, count);
    count = 0;
    everything = false;
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> flush(hart.mmu(), addresses));
    }
  }

  private static void flush(Mmu mmu, long[] addresses) {
    if (addresses.length == 0) {
      mmu.fenceVvma(0, 0, false, false);
    }
    for (long gva : addresses) {
      mmu.fenceVvma(gva, 0, true, false);
    }
  }
}
