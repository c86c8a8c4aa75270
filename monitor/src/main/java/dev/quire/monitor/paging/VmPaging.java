package dev.quire.monitor.paging;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.TableKeeper;
import java.util.ArrayList;
import java.util.List;

/**
 * A VM's paging method, which may change while the VM runs. What it is told by GuestMemory goes to
 * the method of the moment.
 */
public final class VmPaging {
  private final PagingHost host;
  private final GuestMemory memory;
  private final GStageMode gstage;
  private final List<PagedVcpu> vcpus = new ArrayList<>();
  private volatile PagingMethod method;

  /**
   * @param gstage the format of the P2M under nested paging
   */
  public VmPaging(PagingChoice choice, PagingHost host, GuestMemory memory, GStageMode gstage) {
    this.host = host;
    this.memory = memory;
    this.gstage = gstage;
    this.method = create(choice);
    use(method);
  }

  private PagingMethod create(PagingChoice choice) {
    return switch (choice) {
      case NESTED -> new NestedPaging(host, memory, gstage);
      case SHADOW_EAGER, SHADOW_UNSYNC -> new ShadowPageTables(choice, host, memory);
      case SHADOW_LAZY -> new LazyShadowTables(host, memory);
      case PROTECTED -> new ProtectedPageTables(host, memory);
      case NATIVE ->
          throw UserError.of(
              "A virtual machine cannot become native: its kernel would have to leave VS-mode.");
    };
  }

  private void use(PagingMethod chosen) {
    memory.listen(chosen);
    memory.keep(chosen instanceof TableKeeper keeper ? keeper : null);
    method = chosen;
  }

  /** The method of the moment. */
  public PagingMethod method() {
    return method;
  }

  /** Adds a vCPU, whose hart is between two instructions. */
  public void add(PagedVcpu vcpu) {
    vcpus.add(vcpu);
    method.attach(vcpu);
  }

  /** A vCPU leaves its hart, which another is to run; {@link #enter} brings it back. */
  public void leave(PagedVcpu vcpu) {
    vcpu.satp = method.satp(vcpu);
  }

  /** Has the vCPU's hart run it again. */
  public void enter(PagedVcpu vcpu) {
    method.attach(vcpu);
  }

  /** Gives the method's own frames back, when no vCPU will ever run again. */
  public void close() {
    synchronized (memory) {
      vcpus.forEach(this::leave);
      method.detach();
      memory.listen(gfn -> {});
      memory.keep(null);
    }
  }

  /**
   * Changes the method, while no vCPU runs; the guest notices nothing. A {@link UserError} if there
   * is no way to that method, or no memory for its tables.
   */
  public void switchTo(PagingChoice choice) {
    if (method.choice() == choice) {
      return;
    }
    synchronized (memory) {
      PagingMethod old = method;
      PagingMethod chosen = create(choice);
      vcpus.forEach(this::leave);
      old.detach();
      use(chosen);
      vcpus.forEach(chosen::attach);
    }
  }
}
