package dev.quire.monitor.paging;

import dev.quire.machine.mmu.Mmu;

/**
 * What a guest's SFENCE.VMA means to a hart's TLBs: to be applied on each hart that the guest
 * fences, between two instructions.
 */
public final class TlbFence {
  private final long gva;
  private final int[] asids;
  private final boolean byAddress;
  private final boolean byAsid;

  /**
   * @param gva the address, if {@code byAddress}
   * @param asids the machine's ASIDs that are meant, if {@code byAsid}
   */
  TlbFence(long gva, int[] asids, boolean byAddress, boolean byAsid) {
    this.gva = gva;
    this.asids = asids;
    this.byAddress = byAddress;
    this.byAsid = byAsid;
  }

  public void apply(Mmu mmu) {
    if (!byAsid) {
      mmu.fenceVvma(gva, 0, byAddress, false);
      return;
    }
    for (int asid : asids) {
      mmu.fenceVvma(gva, asid, byAddress, true);
    }
  }
}
