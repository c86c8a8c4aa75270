package dev.quire.machine.mmu;

/**
 * What the MMU needs to know of the hart: the mode and the CSR fields that steer translation. The
 * hart's CSRs write it and call {@link Mmu#contextChanged} afterwards.
 */
public final class TranslationState {
  /** Current nominal privilege: 0 U, 1 S, 3 M. */
  public int privilege = 3;

  /** V: whether the hart is in VS or VU. */
  public boolean virtual;

  public long satp;
  public long vsatp;
  public long hgatp;

  /** mstatus.MPRV, MPP, MPV. */
  public boolean mprv;

  public int mpp;
  public boolean mpv;

  /** HS-level sstatus.SUM and MXR (mstatus's); MXR acts on both stages. */
  public boolean sum;

  public boolean mxr;

  /** vsstatus.SUM and MXR. */
  public boolean vsSum;

  public boolean vsMxr;

  /** hstatus.SPVP: privilege of HLV/HSV accesses: false VU, true VS. */
  public boolean spvp;

  /** menvcfg.ADUE: hardware updates A/D in single-stage and G-stage tables. */
  public boolean adue;

  /** henvcfg.ADUE (already ANDed with menvcfg's): the same for VS-stage tables. */
  public boolean vsAdue;

  /** menvcfg.PBMTE: Svpbmt in single-stage and G-stage tables. */
  public boolean pbmte;

  /** henvcfg.PBMTE (already ANDed with menvcfg's): the same for VS-stage tables. */
  public boolean vsPbmte;

  /** Whether the hart has Svnapot; without it the N bit is reserved. */
  public boolean svnapot = true;

  /** pmpcfg bytes and pmpaddr registers of 16 entries. */
  public final byte[] pmpcfg = new byte[16];

  public final long[] pmpaddr = new long[16];
}
