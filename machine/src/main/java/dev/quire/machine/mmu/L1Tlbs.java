package dev.quire.machine.mmu;

import java.util.Arrays;

/** All L1 TLBs of a hart: for each mode one for fetches, one for loads, one for stores. */
final class L1Tlbs {
  private static final int FETCH = 0;
  private static final int LOAD = 1;
  private static final int STORE = 2;

  /** Values of {@link Mode#l1Set} that exist: U, S, M, VU, VS, S with SUM, VS with SUM. */
  private static final int[] HOST = {0, 1, 9};

  private static final int[] GUEST = {4, 5, 13};
  private static final int MACHINE = 3;

  private final L1Tlb[][] tlbs = new L1Tlb[3][Mode.L1_SETS];

  /** Always empty: for modes that have no TLB of their own. */
  private final L1Tlb none;

  L1Tlbs(int size) {
    none = new L1Tlb(size, false);
    for (L1Tlb[] kind : tlbs) {
      Arrays.fill(kind, none);
      for (int set : HOST) {
        kind[set] = new L1Tlb(size, true);
      }
      for (int set : GUEST) {
        kind[set] = new L1Tlb(size, true);
      }
      kind[MACHINE] = new L1Tlb(size, true);
    }
  }

  /** One that holds nothing, ever. */
  L1Tlb none() {
    return none;
  }

  L1Tlb fetch(int mode) {
    return tlbs[FETCH][Mode.l1Set(mode)];
  }

  /** Under MXR loads have no TLB: nothing that only MXR permits is held. */
  L1Tlb load(int mode) {
    return Mode.mxr(mode) ? none : tlbs[LOAD][Mode.l1Set(mode)];
  }

  L1Tlb store(int mode) {
    return tlbs[STORE][Mode.l1Set(mode)];
  }

  void flushAll() {
    flush(false);
    flush(true);
    for (L1Tlb[] kind : tlbs) {
      kind[MACHINE].flush();
    }
  }

  /** All of V=0 but M-mode's, or all of V=1. */
  void flush(boolean virtual) {
    for (L1Tlb[] kind : tlbs) {
      for (int set : virtual ? GUEST : HOST) {
        kind[set].flush();
      }
    }
  }

  /** What leaves that map {@code gva} may have left in those. */
  void flush(boolean virtual, long gva) {
    for (L1Tlb[] kind : tlbs) {
      for (int set : virtual ? GUEST : HOST) {
        kind[set].flush(gva);
      }
    }
  }

  /** Drops of V=1 what goes through the second stage's leaf for {@code gpa}. */
  void flushGuestPhysical(long gpa) {
    for (L1Tlb[] kind : tlbs) {
      for (int set : GUEST) {
        kind[set].flushGuestPhysical(gpa);
      }
    }
  }

  /** Drops every store entry that leads to the 4 KiB at {@code host}. */
  void dropStores(long host) {
    for (L1Tlb tlb : tlbs[STORE]) {
      tlb.dropTarget(host);
    }
  }
}
