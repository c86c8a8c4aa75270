package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.board.Clock;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Interrupts;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.NestedPaging;
import dev.quire.monitor.paging.PagedVcpu;
import dev.quire.monitor.paging.PagingMethod;
import dev.quire.monitor.paging.TlbFence;
import dev.quire.monitor.paging.TrappedPaging;
import dev.quire.monitor.paging.VmPaging;
import dev.quire.monitor.vcpu.Exits.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * One virtual CPU: a hart that runs a guest in VS- and VU-mode, and the monitor's work at each
 * exit. What the guest's hart can do by itself (page faults under nested paging, timer interrupts
 * by Sstc, its own CSRs) never comes here.
 *
 * <p>An exit completes no instruction by itself and is no occasion to look for interrupts that were
 * not looked for anyway: the hart takes those exactly when they are due.
 */
public final class Vcpu extends GuestCpu {
  /**
   * What a vCPU needs of its VM.
   *
   * @param swapNanos guest time that it takes to bring a page back from the swap file, beside what
   *     it takes in fact
   */
  public record Services(
      VmPaging paging,
      GuestMemory memory,
      AddressMap devices,
      EcallHandler firmware,
      Clock clock,
      long swapNanos) {}

  private static final int WFI = 0x10500073;
  private static final int FENCE_MASK = 0xfe007fff;
  private static final int SFENCE_VMA = 0x12000073;
  private static final int SINVAL_VMA = 0x16000073;
  private static final int SYSTEM = 0x73;
  private static final int CSR_IMMEDIATE = 1 << 14;
  private static final int CSR_WRITE = 1;
  private static final int CSR_SET = 2;
  private static final long IMPLICIT_READ = 0x3000;
  private static final long IMPLICIT_WRITE = 0x3020;

  private final Hart hart;
  private final Csrs csrs;
  private final Services services;
  private final GuestContext context;
  private final GuestRegisters registers;
  private final PagedVcpu paged;
  private final InstructionEmulator emulator;
  private final Exits exits;

  /**
   * A stopped vCPU on a hart fresh from reset.
   *
   * @param time the hart's timebase
   * @param updatesAd whether the guest's accessed and dirty bits are set by hardware (Svadu)
   */
  public Vcpu(int id, Hart hart, VcpuTime time, Services services, boolean updatesAd) {
    super(id, hart, time, services.clock());
    this.hart = hart;
    this.exits = exits();
    this.csrs = hart.csrs();
    this.services = services;
    this.context = new GuestContext(hart);
    this.registers = new GuestRegisters(hart);
    this.paged = new PagedVcpu(hart, services.memory(), updatesAd);
    this.emulator =
        new InstructionEmulator(hart, services.memory(), services.devices(), paged.walk());
    HartSetup.prepare(hart);
    csrs.poke(CsrNumber.HTIMEDELTA, -time.time());
    services.paging().add(paged);
  }

  @Override
  void enterKernel(long address, long opaque) {
    paging().setSatp(paged, 0);
    context.start(address, id(), opaque);
  }

  private PagingMethod paging() {
    return services.paging().method();
  }

  // ---- state ------------------------------------------------------------------------------

  /** Writes its state as the guest knows it, while it does not run. */
  public void save(StateWriter out) {
    saveState(out);
    registers.save(out, VcpuTime.ticksOf(resumesAt()));
    out.putLong(satp());
  }

  /**
   * Takes a state over, before it has run; the guest's memory has its content already. A vCPU that
   * is to start from an address has not yet entered the guest.
   */
  public void load(StateReader in) {
    loadState(in);
    registers.load(in, VcpuTime.ticksOf(nanos()));
    boolean user = in.getBoolean();
    long pc = in.getLong();
    long satp = in.getLong();
    if (goesOn()) {
      paging().setSatp(paged, satp);
      context.enter(pc, user);
    }
  }

  // ---- interrupts and fences ---------------------------------------------------------------

  @Override
  public long satp() {
    return paging().satp(paged);
  }

  @Override
  public void setExternalInterrupt(boolean asserted) {
    hart.interrupts().setVirtualPin(Interrupts.VSEI, asserted);
    if (asserted) {
      wake();
    }
  }

  @Override
  public void raiseSoftwareInterrupt() {
    hart.interrupts().setVirtualPin(Interrupts.VSSI, true);
    wake();
  }

  @Override
  public void setTimer(long ticks) {
    csrs.poke(CsrNumber.VSTIMECMP, ticks);
  }

  @Override
  public void fenceAddresses(GuestHart caller, FenceRange range) {
    List<TlbFence> fences = new ArrayList<>();
    PagingMethod paging = paging();
    range.each(
        (gva, asid, byAddress, byAsid) -> fences.add(paging.fence(gva, asid, byAddress, byAsid)));
    hart.atSafePoint(caller.hart(), () -> fences.forEach(fence -> fence.apply(hart.mmu())));
  }

  // ---- exits -------------------------------------------------------------------------------

  @Override
  void exited(Hart.Exit exit) {
    if (exit != Hart.Exit.TRAP) {
      exits.count(Reason.BUDGET);
    } else if (services.memory().makeRoom()) {
      handleTrapTimed();
    } else {
      exits.count(Reason.NO_FRAMES);
      awaitFrames();
      hart.sret(); // it meets the same trap again
    }
  }

  /** Handles a trap, and notes what it took if it was one for swap, a sample or proxy memory. */
  private void handleTrapTimed() {
    long swappedIn = services.memory().swappedIn();
    long touches = services.memory().touches();
    long changes = services.memory().watchedChanges();
    long start = System.nanoTime();
    handleTrap();
    if (services.memory().touches() != touches) {
      exits.countSample(System.nanoTime() - start);
    }
    if (services.memory().watchedChanges() != changes) {
      exits.countWatched(System.nanoTime() - start);
    }
    awaitSwap(services.memory().swappedIn() - swappedIn);
  }

  private void awaitSwap(long pages) {
    if (pages > 0 && services.swapNanos() > 0) {
      awaitPages(pages * services.swapNanos());
    }
  }

  private void handleTrap() {
    long cause = csrs.peek(CsrNumber.SCAUSE);
    if (cause < 0) {
      exits.count(Reason.BUDGET);
      hart.sret();
      return;
    }
    switch ((int) cause) {
      case Cause.ECALL_VS -> environmentCall();
      case Cause.FETCH_GUEST_PAGE -> guestPageFault(Cause.FETCH_ACCESS);
      case Cause.LOAD_GUEST_PAGE -> guestPageFault(Cause.LOAD_ACCESS);
      case Cause.STORE_GUEST_PAGE -> guestPageFault(Cause.STORE_ACCESS);
      case Cause.FETCH_PAGE -> pageFault(AccessType.FETCH);
      case Cause.LOAD_PAGE -> pageFault(AccessType.LOAD);
      case Cause.STORE_PAGE -> pageFault(AccessType.STORE);
      case Cause.VIRTUAL_INSTRUCTION -> virtualInstruction();
      default -> reflect(Reason.REFLECTED, cause);
    }
  }

  private void environmentCall() {
    exits.count(Reason.SBI);
    long pc = csrs.peek(CsrNumber.SEPC);
    services.firmware().ecall(this);
    if (goesOn()) {
      resumeAt(pc + 4, 0);
    }
  }

  /** {@code accessFault}: what the guest gets where there is neither RAM nor a device. */
  private void guestPageFault(int accessFault) {
    long instruction = csrs.peek(CsrNumber.HTINST);
    boolean implicit = instruction == IMPLICIT_READ || instruction == IMPLICIT_WRITE;
    long gpa = csrs.peek(CsrNumber.HTVAL) << 2;
    if (!implicit) {
      gpa |= csrs.peek(CsrNumber.STVAL) & 3;
    }
    boolean store = accessFault == Cause.STORE_ACCESS;
    boolean write = implicit ? instruction == IMPLICIT_WRITE : store;
    boolean user = !implicit && emulator.isUser();
    if (paging() instanceof NestedPaging nested && nested.guestPageFault(gpa, write, user)) {
      exits.count(Reason.P2M_FILL);
      hart.sret();
    } else if (implicit || accessFault == Cause.FETCH_ACCESS) {
      reflect(Reason.REFLECTED, accessFault);
    } else {
      accessDevice(gpa, store);
    }
  }

  private void accessDevice(long gpa, boolean store) {
    finish(emulator.accessDevice(gpa, csrs.peek(CsrNumber.STVAL), store), Reason.MMIO);
  }

  private void finish(InstructionEmulator.Outcome outcome, Reason reason) {
    switch (outcome) {
      case DONE -> {
        exits.count(reason);
        resumeAt(csrs.peek(CsrNumber.SEPC) + emulator.length(), 1);
      }
      case RETRY -> {
        exits.count(reason);
        forgetWayTo(csrs.peek(CsrNumber.SEPC));
        hart.sret();
      }
      case FAULT -> reflect(Reason.REFLECTED, emulator.cause(), emulator.address());
    }
  }

  /**
   * The hart fetched an instruction that the monitor could not read: its TLBs knew a way there that
   * the tables do not have now. Without it the hart meets at its next fetch what is missing.
   */
  private void forgetWayTo(long pc) {
    paging().fence(pc, 0, true, false).apply(hart.mmu());
    paging().fence(pc + 2, 0, true, false).apply(hart.mmu());
  }

  /** A page fault that is not the guest's own to take at once: under {@link TrappedPaging}. */
  private void pageFault(int access) {
    long gva = csrs.peek(CsrNumber.STVAL);
    if (!(paging() instanceof TrappedPaging trapped)) {
      reflect(Reason.REFLECTED, AccessType.pageFault(access)); // the method changed meanwhile
      return;
    }
    switch (trapped.pageFault(paged, gva, access, emulator.accessMode())) {
      case RETRY -> {
        exits.count(Reason.SHADOW_FILL);
        hart.sret();
      }
      case PAGE_FAULT -> {
        if (access == AccessType.STORE) {
          emulate(trapped, true); // cbo.clean and others need no right to write
        } else {
          reflect(Reason.REFLECTED, AccessType.pageFault(access));
        }
      }
      case ACCESS_FAULT -> reflect(Reason.REFLECTED, AccessType.accessFault(access));
      case EMULATE -> emulate(trapped, access == AccessType.STORE);
    }
  }

  private void emulate(TrappedPaging trapped, boolean store) {
    InstructionEmulator.Outcome outcome = emulator.execute(trapped.satp(paged));
    Reason table = store ? Reason.TABLE_WRITE : Reason.TABLE_READ;
    finish(outcome, emulator.accessedDevice() ? Reason.MMIO : table);
  }

  /** Cause 22: what VS-mode may do but not by itself, and what no guest may do. */
  private void virtualInstruction() {
    int bits = (int) csrs.peek(CsrNumber.STVAL);
    long pc = csrs.peek(CsrNumber.SEPC);
    boolean kernel = context.fromSupervisor();
    if (kernel && bits == WFI) {
      exits.count(Reason.WFI);
      resumeAt(pc + 4, 1);
      await();
    } else if (kernel && isFence(bits)) {
      exits.count(Reason.FENCE);
      fence(bits);
      resumeAt(pc + 4, 1);
    } else if (kernel && isSatp(bits)) {
      exits.count(Reason.SATP_WRITE);
      accessSatp(bits);
      resumeAt(pc + 4, 1);
    } else {
      reflect(Reason.ILLEGAL, Cause.ILLEGAL_INSTRUCTION);
    }
  }

  private static boolean isFence(int bits) {
    int operation = bits & FENCE_MASK;
    return operation == SFENCE_VMA || operation == SINVAL_VMA;
  }

  private void fence(int bits) {
    int addressRegister = bits >>> 15 & 31;
    int asidRegister = bits >>> 20 & 31;
    int asid = (int) hart.x[asidRegister] & 0xffff;
    paging()
        .fence(hart.x[addressRegister], asid, addressRegister != 0, asidRegister != 0)
        .apply(hart.mmu());
  }

  private static boolean isSatp(int bits) {
    return (bits & 0x7f) == SYSTEM && (bits >>> 12 & 3) != 0 && bits >>> 20 == CsrNumber.SATP;
  }

  /** CSRRW, CSRRS, CSRRC and their immediate forms (unprivileged manual, "Zicsr"). */
  private void accessSatp(int bits) {
    int source = bits >>> 15 & 31;
    int target = bits >>> 7 & 31;
    long operand = (bits & CSR_IMMEDIATE) != 0 ? source : hart.x[source];
    int operation = bits >>> 12 & 3;
    long old = paging().satp(paged);
    if (operation == CSR_WRITE) {
      paging().setSatp(paged, operand);
    } else if (source != 0) {
      paging().setSatp(paged, operation == CSR_SET ? old | operand : old & ~operand);
    }
    if (target != 0) {
      hart.x[target] = old;
    }
  }

  private void reflect(Reason reason, long cause) {
    reflect(reason, cause, csrs.peek(CsrNumber.STVAL));
  }

  private void reflect(Reason reason, long cause, long value) {
    exits.count(reason);
    context.reflect(cause, value);
  }

  /** Back into the guest, behind an instruction; {@code completed} is 1 if that counts. */
  private void resumeAt(long pc, int completed) {
    hart.sret();
    hart.complete(completed, pc);
  }
}
