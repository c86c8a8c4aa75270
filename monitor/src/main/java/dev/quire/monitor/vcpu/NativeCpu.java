package dev.quire.monitor.vcpu;

import dev.quire.machine.board.Clock;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Interrupts;
import dev.quire.monitor.vcpu.Exits.Reason;
import java.util.Arrays;

/**
 * A CPU that is not virtualized: the kernel runs in S-mode on a hart without the hypervisor
 * extension, takes all its exceptions and interrupts itself, and reads and writes devices directly.
 * Only its environment calls leave the hart: the firmware stands at M.
 */
public final class NativeCpu extends GuestCpu {
  private static final long MSTATUS_MPP_S = 1L << 11;
  private static final long COUNTERS = 7;
  private static final int A0 = 10;
  private static final int A1 = 11;

  /** The kernel's CSRs that are zero when it starts. */
  private static final int[] ZERO = {
    CsrNumber.SSTATUS,
    CsrNumber.SIE,
    CsrNumber.SIP,
    CsrNumber.STVEC,
    CsrNumber.SSCRATCH,
    CsrNumber.SEPC,
    CsrNumber.SCAUSE,
    CsrNumber.STVAL,
    CsrNumber.SATP,
    CsrNumber.SENVCFG
  };

  private final Hart hart;
  private final Csrs csrs;
  private final EcallHandler firmware;

  /**
   * A stopped CPU on a hart fresh from reset.
   *
   * @param time the hart's timebase
   * @param updatesAd whether accessed and dirty bits are set by hardware (Svadu)
   */
  public NativeCpu(
      int id, Hart hart, VcpuTime time, Clock clock, EcallHandler firmware, boolean updatesAd) {
    super(id, hart, time, clock);
    this.hart = hart;
    this.csrs = hart.csrs();
    this.firmware = firmware;
    HartSetup.prepareNative(hart, updatesAd);
  }

  @Override
  void enterKernel(long address, long opaque) {
    Arrays.fill(hart.x, 0);
    hart.x[A0] = id();
    hart.x[A1] = opaque;
    for (int csr : ZERO) {
      csrs.poke(csr, 0);
    }
    csrs.poke(CsrNumber.STIMECMP, -1L);
    csrs.poke(CsrNumber.SCOUNTEREN, COUNTERS);
    hart.clearReservation();
    csrs.poke(CsrNumber.MSTATUS, MSTATUS_MPP_S);
    csrs.poke(CsrNumber.MEPC, address);
    hart.mret();
  }

  @Override
  public long satp() {
    return hart().csrs().peek(CsrNumber.SATP);
  }

  @Override
  public void setExternalInterrupt(boolean asserted) {
    hart.interrupts().setPin(Interrupts.SEI, asserted);
    if (asserted) {
      wake();
    }
  }

  @Override
  public void raiseSoftwareInterrupt() {
    hart.interrupts().setPin(Interrupts.SSI, true);
    wake();
  }

  @Override
  public void setTimer(long ticks) {
    csrs.poke(CsrNumber.STIMECMP, ticks);
  }

  @Override
  public void fenceAddresses(GuestHart caller, FenceRange range) {
    hart.atSafePoint(caller.hart(), () -> range.each(hart.mmu()::fenceVma));
  }

  /** A trap into M-mode is an environment call: all else is delegated. */
  @Override
  void exited(Hart.Exit exit) {
    if (exit == Hart.Exit.TRAP) {
      environmentCall();
    } else if (hart.waiting()) {
      await();
    }
  }

  private void environmentCall() {
    exits().count(Reason.SBI);
    long pc = csrs.peek(CsrNumber.MEPC);
    firmware.ecall(this);
    if (goesOn()) {
      hart.mret();
      hart.complete(0, pc + 4);
    }
  }
}
