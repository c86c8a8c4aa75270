package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.board.Clock;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Interrupts;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.GuestWalk;
import dev.quire.monitor.paging.PagingMethod;
import dev.quire.monitor.vcpu.Exits.Reason;

/**
 * One virtual CPU: a hart that runs a guest in VS- and VU-mode, and the monitor's work at each
 * exit. What the guest's hart can do by itself (page faults under nested paging, timer interrupts
 * by Sstc, its own CSRs) never comes here.
 *
 * <p>An exit completes no instruction by itself and is no occasion to look for interrupts that were
 * not looked for anyway: the hart takes those exactly when they are due.
 */
public final class Vcpu extends GuestCpu {
  /** What a vCPU needs of its VM. */
  public record Services(
      PagingMethod paging,
      GuestMemory memory,
      AddressMap devices,
      EcallHandler firmware,
      Clock clock) {}

  private static final int WFI = 0x10500073;
  private static final long IMPLICIT_READ = 0x3000;
  private static final long IMPLICIT_WRITE = 0x3020;

  private final Hart hart;
  private final Csrs csrs;
  private final Services services;
  private final GuestContext context;
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
    GuestWalk walk = new GuestWalk(services.memory(), updatesAd);
    this.emulator = new InstructionEmulator(hart, services.memory(), services.devices(), walk);
    HartSetup.prepare(hart, updatesAd);
    csrs.poke(CsrNumber.HTIMEDELTA, -time.time());
    services.paging().attach(hart);
  }

  @Override
  void enterKernel(long address, long opaque) {
    context.start(address, id(), opaque);
  }

  // ---- interrupts and fences ---------------------------------------------------------------

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
    hart.atSafePoint(caller.hart(), () -> range.each(hart.mmu()::fenceVvma));
  }

  // ---- exits -------------------------------------------------------------------------------

  @Override
  void exited(Hart.Exit exit) {
    if (exit == Hart.Exit.TRAP) {
      handleTrap();
    } else {
      exits.count(Reason.BUDGET);
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
    if (services.paging().guestPageFault(hart, gpa)) {
      exits.count(Reason.P2M_FILL);
      hart.sret();
    } else if (implicit || accessFault == Cause.FETCH_ACCESS) {
      reflect(Reason.REFLECTED, accessFault);
    } else {
      accessDevice(gpa, accessFault == Cause.STORE_ACCESS);
    }
  }

  private void accessDevice(long gpa, boolean store) {
    switch (emulator.accessDevice(gpa, csrs.peek(CsrNumber.STVAL), store)) {
      case DONE -> {
        exits.count(Reason.MMIO);
        resumeAt(csrs.peek(CsrNumber.SEPC) + emulator.length(), 1);
      }
      case RETRY -> {
        exits.count(Reason.MMIO);
        hart.sret();
      }
      case FAULT -> reflect(Reason.REFLECTED, emulator.cause());
    }
  }

  private void virtualInstruction() {
    boolean wfi = csrs.peek(CsrNumber.STVAL) == WFI && context.fromSupervisor();
    if (wfi) {
      exits.count(Reason.WFI);
      resumeAt(csrs.peek(CsrNumber.SEPC) + 4, 1);
      await();
    } else {
      reflect(Reason.ILLEGAL, Cause.ILLEGAL_INSTRUCTION);
    }
  }

  private void reflect(Reason reason, long cause) {
    exits.count(reason);
    context.reflect(cause, csrs.peek(CsrNumber.STVAL));
  }

  /** Back into the guest, behind an instruction; {@code completed} is 1 if that counts. */
  private void resumeAt(long pc, int completed) {
    hart.sret();
    hart.complete(completed, pc);
  }
}
