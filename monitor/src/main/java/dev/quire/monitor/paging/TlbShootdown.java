package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.mmu.Mmu;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes translations out of the TLBs and walk caches of all harts that run a VM, under a method
 * that leaves hgatp Bare. What was taken back from a table is collected, then {@link #finish} has
 * every hart flush before its next instruction. Guarded by the VM's paging lock.
 */
final class TlbShootdown {
  /** With more addresses than this, flushing everything costs less. */
  private static final int MANY = 16;

  /** What a hart has yet to flush. */
  private static final class Request {
    final Hart hart;
    private final long[] gvas = new long[MANY];
    private int count;
    private boolean everything;
    private boolean asked;

    Request(Hart hart) {
      this.hart = hart;
    }

    /** True if the hart knows of an earlier request that it will serve before it runs again. */
    synchronized boolean add(long[] addresses, int added, boolean all) {
      if (all || count + added > MANY) {
        everything = true;
      } else {
        System.arraycopy(addresses, 0, gvas, count, added);
        count += added;
      }
      boolean known = asked && !hart.isRunning();
      asked = true;
      return known;
    }

    synchronized void serve() {
      Mmu mmu = hart.mmu();
      if (everything) {
        mmu.fenceVvma(0, 0, false, false);
      } else {
        for (int i = 0; i < count; i++) {
          mmu.fenceVvma(gvas[i], 0, true, false);
        }
      }
      everything = false;
      asked = false;
      count = 0;
    }
  }

  private final List<Request> requests = new ArrayList<>();
  private final long[] gvas = new long[MANY];
  private int count;
  private boolean everything;

  void add(Hart hart) {
    requests.add(new Request(hart));
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
    for (Request request : requests) {
      if (!request.add(gvas, count, everything)) {
        request.hart.atSafePoint(null, request::serve);
      }
    }
    count = 0;
    everything = false;
  }
}
