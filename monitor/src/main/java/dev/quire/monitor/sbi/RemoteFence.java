package dev.quire.monitor.sbi;

import dev.quire.machine.mmu.Mmu;
import dev.quire.monitor.vcpu.Vcpu;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * RFENCE (SBI 2.0, chapter 8): fences on other harts. Each target does its fence between two
 * instructions, and the call returns when that is certain to precede its next one. The guest has no
 * hypervisor extension, so the functions for one are not supported.
 */
record RemoteFence(HartSet harts) implements SbiExtension {
  private static final int FENCE_I = 0;
  private static final int SFENCE_VMA_ASID = 2;
  private static final long PAGE = 4096;
  private static final long EVERYTHING = -1;

  /** With more pages than this, a fence of all addresses costs less. */
  private static final long MANY_PAGES = 64;

  @Override
  public SbiResult call(Vcpu caller, long function) {
    if (function < FENCE_I || function > SFENCE_VMA_ASID) {
      return SbiResult.NOT_SUPPORTED;
    }
    List<Vcpu> targets = harts.select(caller.argument(0), caller.argument(1));
    if (targets == null) {
      return SbiResult.INVALID_PARAM;
    }
    if (function == FENCE_I) {
      // Decoded code is dropped when it is written; what is left is to order the writes.
      onEach(targets, caller, mmu -> VarHandle.fullFence());
      return SbiResult.SUCCESS;
    }
    long start = caller.argument(2);
    long size = caller.argument(3);
    boolean byAsid = function == SFENCE_VMA_ASID;
    int asid = byAsid ? (int) caller.argument(4) & 0xffff : 0;
    if (size != EVERYTHING && !(start == 0 && size == 0) && wraps(start, size)) {
      return SbiResult.INVALID_ADDRESS;
    }
    onEach(targets, caller, mmu -> fence(mmu, start, size, asid, byAsid));
    return SbiResult.SUCCESS;
  }

  private static boolean wraps(long start, long size) {
    return size != 0 && Long.compareUnsigned(start + (size - 1), start) < 0;
  }

  private static void fence(Mmu mmu, long start, long size, int asid, boolean byAsid) {
    boolean all = size == EVERYTHING || (start == 0 && size == 0);
    if (all || Long.compareUnsigned(size, MANY_PAGES * PAGE) > 0) {
      mmu.fenceVvma(0, asid, false, byAsid);
      return;
    }
    long end = start + size;
    for (long gva = start & -PAGE; gva != end && gva - end < 0; gva += PAGE) {
      mmu.fenceVvma(gva, asid, true, byAsid);
    }
  }

  private interface Fence {
    void on(Mmu mmu);
  }

  private static void onEach(List<Vcpu> targets, Vcpu caller, Fence fence) {
    for (Vcpu target : targets) {
      target.hart().atSafePoint(caller.hart(), () -> fence.on(target.hart().mmu()));
    }
  }
}
