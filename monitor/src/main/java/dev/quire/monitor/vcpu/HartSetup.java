package dev.quire.monitor.vcpu;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Traps;

/**
 * What machine-mode firmware does on silicon to a hart fresh from reset, before a monitor in
 * HS-mode or a kernel in S-mode starts; and what the monitor sets once and for all vCPUs alike.
 */
final class HartSetup {
  private static final long MSTATUS_MPP_S = 1L << 11;
  private static final long MSTATUS_FS_DIRTY = 3L << 13;
  private static final long PMP_EVERYTHING = 0x1f; // NAPOT, RWX
  private static final long COUNTERS = 7; // cycle, time, instret

  private static final long CBIE = 3L << 4;
  private static final long CBCFE = 1L << 6;
  private static final long CBZE = 1L << 7;
  private static final long ADUE = 1L << 61;
  private static final long PBMTE = 1L << 62;
  private static final long STCE = 1L << 63;

  private static final long VS_INTERRUPTS = 1 << 2 | 1 << 6 | 1 << 10;

  private HartSetup() {}

  /**
   * Brings the hart to a monitor in HS-mode. Hardware sets the accessed and dirty bits of the
   * monitor's own tables; whether it sets the guest's, the paging method says.
   */
  static void prepare(Hart hart) {
    Csrs csrs = hart.csrs();
    grant(csrs, -1L, true);
    csrs.poke(CsrNumber.MSTATUS, MSTATUS_MPP_S | MSTATUS_FS_DIRTY);
    csrs.poke(CsrNumber.MEPC, 0);
    hart.mret();

    hart.handleTrapsAt(Traps.HS);
    csrs.poke(CsrNumber.HIDELEG, VS_INTERRUPTS);
    csrs.poke(CsrNumber.HCOUNTEREN, COUNTERS);
    csrs.poke(CsrNumber.HENVCFG, csrs.peek(CsrNumber.MENVCFG));
  }

  /**
   * Leaves the hart in M-mode, to which a kernel in S-mode comes with environment calls alone.
   *
   * @param updatesAd whether hardware sets accessed and dirty bits (Svadu) or faults (Svade)
   */
  static void prepareNative(Hart hart, boolean updatesAd) {
    grant(hart.csrs(), ~(1L << Cause.ECALL_S), updatesAd);
    hart.handleTrapsAt(Traps.M);
  }

  /** What M-mode leaves to the modes below it: exceptions, all interrupts, memory, extensions. */
  private static void grant(Csrs csrs, long delegated, boolean updatesAd) {
    csrs.poke(CsrNumber.MEDELEG, delegated);
    csrs.poke(CsrNumber.MIDELEG, -1L);
    csrs.poke(CsrNumber.MCOUNTEREN, COUNTERS);
    csrs.poke(CsrNumber.MENVCFG, CBIE | CBCFE | CBZE | PBMTE | STCE | (updatesAd ? ADUE : 0));
    csrs.poke(CsrNumber.PMPADDR0, -1L);
    csrs.poke(CsrNumber.PMPCFG0, PMP_EVERYTHING);
  }
}
