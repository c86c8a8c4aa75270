package dev.quire.monitor.paging;

import dev.quire.monitor.memory.P2mListener;
import java.util.Map;

/**
 * One way to virtualize a VM's memory. Its methods may be called by all of the VM's vCPUs; each
 * takes the paging lock, the VM's {@link dev.quire.monitor.memory.GuestMemory}. One that makes
 * guest frames its own is a {@link dev.quire.monitor.memory.TableKeeper}, too.
 */
public sealed interface PagingMethod extends P2mListener permits NestedPaging, TrappedPaging {
  PagingChoice choice();

  /**
   * Takes over a vCPU, which is between two instructions and whose guest has the satp of {@link
   * PagedVcpu}: sets what delegates the guest's faults and steers the MMU. Again whenever its hart
   * has run another vCPU meanwhile.
   */
  void attach(PagedVcpu vcpu);

  /**
   * Lets all vCPUs go, none of which runs: they keep their satp, the guest's memory becomes what
   * the guest takes it for, and the method's own frames go back. The method is not used again.
   */
  void detach();

  /** The guest's satp. */
  long satp(PagedVcpu vcpu);

  /**
   * The guest writes satp, or a vCPU starts with it; a mode that does not exist changes nothing.
   */
  void setSatp(PagedVcpu vcpu, long satp);

  /**
   * The guest fences: makes the monitor's tables follow the guest's, as far as the fence reaches.
   * The result is to be applied on each hart that the guest means.
   *
   * @param gva the address, if {@code byAddress}
   * @param asid the guest's ASID, if {@code byAsid}
   */
  TlbFence fence(long gva, int asid, boolean byAddress, boolean byAsid);

  /** Takes the VM's translations out of everyone's reach; before {@code gfn} changes its frame. */
  @Override
  void invalidate(long gfn);

  /** What the method holds now, by name; for people. */
  Map<String, Long> statistics();
}
