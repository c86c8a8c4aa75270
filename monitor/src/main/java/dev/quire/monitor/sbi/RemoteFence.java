package dev.quire.monitor.sbi;

import dev.quire.monitor.vcpu.FenceRange;
import dev.quire.monitor.vcpu.GuestHart;
import java.util.List;

/**
 * RFENCE (SBI 2.0, chapter 8): fences on other harts. Each target does its fence between two
 * instructions, and the call returns when that is certain to precede its next one. The guest has no
 * hypervisor extension, so the functions for one are not supported.
 */
record RemoteFence(HartSet harts) implements SbiExtension {
  private static final int FENCE_I = 0;
  private static final int SFENCE_VMA_ASID = 2;

  @Override
  public SbiResult call(GuestHart caller, long function) {
    if (function < FENCE_I || function > SFENCE_VMA_ASID) {
      return SbiResult.NOT_SUPPORTED;
    }
    List<? extends GuestHart> targets = harts.select(caller.argument(0), caller.argument(1));
    if (targets == null) {
      return SbiResult.INVALID_PARAM;
    }
    if (function == FENCE_I) {
      targets.forEach(target -> target.fenceInstructions(caller));
      return SbiResult.SUCCESS;
    }
    boolean byAsid = function == SFENCE_VMA_ASID;
    int asid = byAsid ? (int) caller.argument(4) & 0xffff : 0;
    FenceRange range = new FenceRange(caller.argument(2), caller.argument(3), byAsid, asid);
    if (range.wraps()) {
      return SbiResult.INVALID_ADDRESS;
    }
    targets.forEach(target -> target.fenceAddresses(caller, range));
    return SbiResult.SUCCESS;
  }
}
