package dev.quire.monitor.paging;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;

/**
 * A guest without instructions: a test does its loads, stores and fences, through the hart's MMU
 * and with the monitor's help, as a vCPU would. Several may share a hart.
 */
final class PagedGuest {
  static final long RAM = 0x8000_0000L;

  /** A machine with one hart, in HS-mode, for some guests. */
  static final class Computer implements AutoCloseable {
    final PhysicalMemory memory = new PhysicalMemory(RAM, 16 << 20);
    final FrameTable frames = new FrameTable(memory);
    final PagingHost host = new PagingHost(memory, frames, new MachineAsids());
    final Hart hart;

    Computer() {
      Isa isa = Isa.full();
      CodeCache code = new CodeCache(memory, isa);
      hart =
          new Hart(
              0, isa, new StandingTime(), MmuConfig.standard(), memory, new AddressMap(), code);
      var csrs = hart.csrs();
      csrs.poke(CsrNumber.PMPADDR0, -1L);
      csrs.poke(CsrNumber.PMPCFG0, 0x1f);
      csrs.poke(CsrNumber.MENVCFG, 3L << 61);
      csrs.poke(CsrNumber.HENVCFG, 1L << 62);
      csrs.poke(CsrNumber.MSTATUS, 1L << 11);
      hart.mret();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private static final long IMPLICIT_WRITE = 0x3020; // htinst (hypervisor extension)
  private static final long SUPERVISOR = 1L << 8;
  private static final int TRIES = 20;

  final GuestMemory memory;
  final VmPaging paging;
  final PagedVcpu vcpu;
  private final Hart hart;

  PagedGuest(Computer computer, int vm, long bytes, PagingChoice choice, boolean updatesAd) {
    hart = computer.hart;
    memory = new GuestMemory(computer.memory, computer.frames, null, vm, RAM, bytes, false);
    paging = new VmPaging(choice, computer.host, memory, GStageMode.SV39X4);
    vcpu = new PagedVcpu(hart, memory, updatesAd);
    paging.add(vcpu);
  }

  /** The hart is to run another guest. */
  void leave() {
    paging.leave(vcpu);
  }

  /** Has the hart run this guest again. */
  void enter() {
    paging.enter(vcpu);
  }

  void setSatp(long satp) {
    paging.method().setSatp(vcpu, satp);
  }

  long satp() {
    return paging.method().satp(vcpu);
  }

  void fence(long gva, int asid, boolean byAddress, boolean byAsid) {
    paging.method().fence(gva, asid, byAddress, byAsid).apply(hart.mmu());
  }

  /** A physical store by the guest's kernel, through a mapping that the test need not make. */
  void write(long gpa, long value) {
    boolean done = memory.compareAndSetEntry(gpa, memory.readEntry(gpa), value);
    if (!done) {
      throw new AssertionError("nobody else writes");
    }
  }

  long read(long gpa) {
    try {
      return memory.readLong(gpa);
    } catch (DmaFault outside) {
      throw new AssertionError(outside);
    }
  }

  /** What a load of 8 bytes gives, or throws what the guest would see of a fault. */
  long load(long gva, boolean user) throws Fault {
    return access(gva, user, false, 0);
  }

  void store(long gva, boolean user, long value) throws Fault {
    var _ = access(gva, user, true, value);
  }

  private long access(long gva, boolean user, boolean store, long value) throws Fault {
    var csrs = hart.csrs();
    long hstatus = csrs.peek(CsrNumber.HSTATUS);
    csrs.poke(CsrNumber.HSTATUS, user ? hstatus & ~SUPERVISOR : hstatus | SUPERVISOR);
    for (int i = 0; i < TRIES; i++) {
      serveRequests();
      try {
        if (store) {
          hart.mmu().hypervisorStore(gva, 8, value);
          return 0;
        }
        return hart.mmu().hypervisorLoad(gva, 8, false);
      } catch (GuestTrap trap) {
        if (resolve(trap, gva, user, store)) {
          return emulate(gva, user, store, value);
        }
      }
    }
    throw new AssertionError("no end of faults at 0x%x".formatted(gva));
  }

  /** Shoot-downs wait for the hart's next instruction; it has one here. */
  private void serveRequests() {
    if (hart.run(0) != Hart.Exit.BUDGET || hart.privilege() != Privilege.S) {
      throw new AssertionError("the hart has nothing to do");
    }
  }

  /** Whether the monitor does the access itself; otherwise it is to be tried again. */
  private boolean resolve(GuestTrap trap, long gva, boolean user, boolean store) throws Fault {
    int access = store ? AccessType.STORE : AccessType.LOAD;
    if (paging.method() instanceof NestedPaging nested) {
      boolean guestPage =
          trap.cause == Cause.LOAD_GUEST_PAGE || trap.cause == Cause.STORE_GUEST_PAGE;
      if (!guestPage) {
        throw new Fault(trap.cause);
      }
      boolean write = trap.instruction == 0 ? store : trap.instruction == IMPLICIT_WRITE;
      if (!nested.guestPageFault(trap.guestAddress << 2, write, user)) {
        throw new Fault(AccessType.accessFault(access));
      }
      return false;
    }
    TrappedPaging trapped = (TrappedPaging) paging.method();
    return switch (trapped.pageFault(vcpu, gva, access, GuestWalk.mode(user, false, false))) {
      case RETRY -> false;
      case EMULATE -> true;
      case PAGE_FAULT -> throw new Fault(AccessType.pageFault(access));
      case ACCESS_FAULT -> throw new Fault(AccessType.accessFault(access));
    };
  }

  private long emulate(long gva, boolean user, boolean store, long value) throws Fault {
    int access = store ? AccessType.STORE : AccessType.LOAD;
    int outcome = vcpu.walk.walk(satp(), gva, access, GuestWalk.mode(user, false, false));
    if (outcome != GuestWalk.OK || !memory.contains(vcpu.walk.gpa, 8)) {
      throw new Fault(AccessType.accessFault(access));
    }
    if (store) {
      write(vcpu.walk.gpa, value);
      return 0;
    }
    return read(vcpu.walk.gpa);
  }

  /** The exception code that the guest sees. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1;
    final int cause;

    Fault(int cause) {
      super("cause " + cause);
      this.cause = cause;
    }
  }
}
