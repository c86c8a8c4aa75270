package dev.quire.monitor.explain;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.mmu.Mode;
import dev.quire.machine.mmu.Space;

/**
 * What steers a hart's page walks.
 *
 * @param atp vsatp, or satp where there is no G stage at all
 * @param hgatp 0 where there is no G stage
 * @param mode privilege, SUM and MXR of the access, as {@link Mode#permits} takes them
 * @param gMxr whether executable pages are readable in the G stage
 * @param updatesAd whether hardware sets A and D in the first stage's entries
 * @param gUpdatesAd the same in the G stage's
 * @param pbmt whether the first stage's entries may use PBMT
 * @param gPbmt whether the G stage's may
 */
record MmuRegisters(
    long atp,
    long hgatp,
    int mode,
    boolean gMxr,
    boolean updatesAd,
    boolean gUpdatesAd,
    boolean pbmt,
    boolean gPbmt) {
  private static final long ADUE = 1L << 61;
  private static final long PBMTE = 1L << 62;
  private static final long MXR = 1L << 19;

  /** Those of a hart, for an access that may go to the kernel's pages and to user mode's. */
  static MmuRegisters of(Csrs csrs, boolean virtual) {
    long machine = csrs.peek(CsrNumber.MENVCFG);
    long first = virtual ? machine & csrs.peek(CsrNumber.HENVCFG) : machine;
    boolean mxr = (csrs.peek(CsrNumber.SSTATUS) & MXR) != 0;
    boolean vsMxr = virtual && (csrs.peek(CsrNumber.VSSTATUS) & MXR) != 0;
    return new MmuRegisters(
        csrs.peek(virtual ? CsrNumber.VSATP : CsrNumber.SATP),
        virtual ? csrs.peek(CsrNumber.HGATP) : 0,
        Privilege.S | Mode.SUM | (mxr || vsMxr ? Mode.MXR : 0),
        virtual && mxr,
        (first & ADUE) != 0,
        (machine & ADUE) != 0,
        (first & PBMTE) != 0,
        (machine & PBMTE) != 0);
  }

  /** What the guest's own table is to the guest, where the MMU walks another. */
  MmuRegisters ofGuest(long satp) {
    return new MmuRegisters(satp, 0, mode, gMxr, gUpdatesAd, gUpdatesAd, pbmt, gPbmt);
  }

  /** The same for user mode, or for the kernel with SUM=0. */
  MmuRegisters by(boolean user) {
    int privilege = (user ? Privilege.U : Privilege.S) | mode & Mode.MXR;
    return new MmuRegisters(atp, hgatp, privilege, gMxr, updatesAd, gUpdatesAd, pbmt, gPbmt);
  }

  /** Bare, Sv39, Sv48 or Sv57 for 0, 3, 4, 5 levels. */
  static String format(long atp) {
    int levels = Space.levels(atp);
    return levels == 0 ? "Bare" : "Sv" + (12 + 9 * levels);
  }
}
