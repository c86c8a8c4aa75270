package dev.quire.monitor.paging;

import dev.quire.machine.hart.Hart;
import dev.quire.monitor.memory.P2mListener;

/** One way to virtualize a VM's memory. Its methods may be called by all of the VM's vCPUs. */
public sealed interface PagingMethod extends P2mListener permits NestedPaging {
  /**
   * A vCPU starts on {@code hart}, which is between two instructions: sets what delegates the
   * guest's faults and steers the MMU.
   */
  void attach(Hart hart);

  /**
   * The vCPU on {@code hart} met a guest-page fault at {@code gpa}. True if the guest may try
   * again; false if no RAM of the VM is there. Throws {@link dev.quire.monitor.memory.OutOfFrames}.
   */
  boolean guestPageFault(Hart hart, long gpa);

  /** Takes the VM's translations out of everyone's reach; before {@code gfn} changes its frame. */
  @Override
  void invalidate(long gfn);
}
