package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.monitor.memory.GuestMemory;
import org.jspecify.annotations.Nullable;

/** A vCPU as a paging method knows it: its hart, and the satp that its guest wrote. */
public final class PagedVcpu {
  final Hart hart;

  /** The monitor's walks of the guest's tables for this vCPU. */
  final GuestWalk walk;

  /** satp as the guest reads it; under nested paging it is in vsatp instead. */
  long satp;

  /** Where vsatp points to, under methods that choose it. */
  @Nullable AddressSpace space;

  /** The hart's count of instructions at the last page fault, and how many more came there. */
  long faultedAt = -1;

  int faultsInPlace;

  /**
   * @param updatesAd whether the guest's accessed and dirty bits are set for it (Svadu)
   */
  public PagedVcpu(Hart hart, GuestMemory memory, boolean updatesAd) {
    this.hart = hart;
    this.walk = new GuestWalk(memory, updatesAd);
  }

  public Hart hart() {
    return hart;
  }

  /** For the monitor's own use on this vCPU's thread. */
  public GuestWalk walk() {
    return walk;
  }
}
