package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;

/**
 * The registers of a virtualized guest's CPU as a saved state has them: what the guest itself could
 * read, and no trace of how its memory was virtualized. satp is the paging method's to tell. A
 * reservation of LR is not among them: the SC fails, as it may at any time.
 *
 * <p>Time goes on where it stood: the guest's {@code time} is written, not the difference between
 * it and the machine's.
 */
final class GuestRegisters {
  private static final int REGISTERS = 32;

  private static final int[] CSRS = {
    CsrNumber.FCSR,
    CsrNumber.VSSTATUS,
    CsrNumber.VSIE,
    CsrNumber.VSTVEC,
    CsrNumber.VSSCRATCH,
    CsrNumber.VSEPC,
    CsrNumber.VSCAUSE,
    CsrNumber.VSTVAL,
    CsrNumber.VSTIMECMP,
    CsrNumber.HVIP,
    CsrNumber.SENVCFG,
    CsrNumber.SCOUNTEREN,
    CsrNumber.MCYCLE,
    CsrNumber.MINSTRET
  };

  private final Hart hart;
  private final Csrs csrs;

  GuestRegisters(Hart hart) {
    this.hart = hart;
    this.csrs = hart.csrs();
  }

  /**
   * Of a hart between two instructions of its guest.
   *
   * @param ticks the machine's time
   */
  void save(StateWriter out, long ticks) {
    for (int i = 1; i < REGISTERS; i++) {
      out.putLong(hart.x[i]);
    }
    for (int i = 0; i < REGISTERS; i++) {
      out.putLong(hart.f[i]);
    }
    for (int csr : CSRS) {
      out.putLong(csrs.peek(csr));
    }
    out.putLong(ticks + csrs.peek(CsrNumber.HTIMEDELTA));
    out.putBoolean(hart.privilege() == Privilege.U);
    out.putLong(hart.pc());
  }

  /**
   * Into a hart in HS-mode, which stays there until {@link GuestContext#enter}.
   *
   * @param ticks the machine's time
   */
  void load(StateReader in, long ticks) {
    for (int i = 1; i < REGISTERS; i++) {
      hart.x[i] = in.getLong();
    }
    for (int i = 0; i < REGISTERS; i++) {
      hart.f[i] = in.getLong();
    }
    for (int csr : CSRS) {
      csrs.poke(csr, in.getLong());
    }
    csrs.poke(CsrNumber.HTIMEDELTA, in.getLong() - ticks);
  }
}
