package dev.quire.monitor.vcpu;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import java.util.Arrays;

/** The CSRs that belong to a guest, and the ways into it. The hart is in HS-mode throughout. */
final class GuestContext {
  private static final long H_SPV = 1L << 7;
  private static final long H_SPVP = 1L << 8;
  private static final long H_VTW = 1L << 21;
  private static final long SIE = 1L << 1;
  private static final long SPIE = 1L << 5;
  private static final long SPP = 1L << 8;
  private static final long COUNTERS = 7;
  private static final int A0 = 10;
  private static final int A1 = 11;

  /** Guest CSRs that are zero when a vCPU starts. */
  private static final int[] ZERO = {
    CsrNumber.VSSTATUS,
    CsrNumber.VSIE,
    CsrNumber.VSTVEC,
    CsrNumber.VSSCRATCH,
    CsrNumber.VSEPC,
    CsrNumber.VSCAUSE,
    CsrNumber.VSTVAL,
    CsrNumber.HVIP,
    CsrNumber.SENVCFG
  };

  private final Hart hart;
  private final Csrs csrs;

  GuestContext(Hart hart) {
    this.hart = hart;
    this.csrs = hart.csrs();
  }

  /**
   * Enters VS-mode at {@code pc} as after a reset, translation and interrupts off (SBI, "Hart State
   * Management": a0 = hart id, a1 = opaque). User mode may read the counters from the start, for
   * kernels take that for granted.
   */
  void start(long pc, long hartId, long opaque) {
    Arrays.fill(hart.x, 0);
    hart.x[A0] = hartId;
    hart.x[A1] = opaque;
    for (int csr : ZERO) {
      csrs.poke(csr, 0);
    }
    csrs.poke(CsrNumber.VSTIMECMP, -1L);
    csrs.poke(CsrNumber.SCOUNTEREN, COUNTERS);
    hart.clearReservation();
    enter(pc, false);
  }

  /** Enters the guest where it was, in VU-mode or VS-mode, all else being as it was. */
  void enter(long pc, boolean user) {
    csrs.poke(CsrNumber.SEPC, pc);
    long status = csrs.peek(CsrNumber.SSTATUS) & ~SPP;
    csrs.poke(CsrNumber.SSTATUS, user ? status : status | SPP);
    long above = csrs.peek(CsrNumber.HSTATUS) & ~H_SPVP | H_SPV | H_VTW;
    csrs.poke(CsrNumber.HSTATUS, user ? above : above | H_SPVP);
    hart.sret();
  }

  /**
   * Takes an exception to the guest's kernel, as the hart does when it is delegated; the exit's
   * sepc, and SPVP, say where the guest was.
   */
  void reflect(long cause, long value) {
    boolean fromSupervisor = fromSupervisor();
    long status = csrs.peek(CsrNumber.VSSTATUS);
    long pushed = status & ~(SIE | SPIE | SPP);
    pushed |= (status & SIE) != 0 ? SPIE : 0;
    pushed |= fromSupervisor ? SPP : 0;
    csrs.poke(CsrNumber.VSSTATUS, pushed);
    csrs.poke(CsrNumber.VSEPC, csrs.peek(CsrNumber.SEPC));
    csrs.poke(CsrNumber.VSCAUSE, cause);
    csrs.poke(CsrNumber.VSTVAL, value);
    enter(csrs.peek(CsrNumber.VSTVEC) & ~3L, false);
  }

  /** Whether the guest was in VS-mode (not VU) when it exited. */
  boolean fromSupervisor() {
    return (csrs.peek(CsrNumber.HSTATUS) & H_SPVP) != 0;
  }
}
