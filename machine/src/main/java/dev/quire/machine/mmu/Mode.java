package dev.quire.machine.mmu;

import dev.quire.machine.arch.Privilege;

/**
 * The mode in which an access is made, packed into an int: privilege, virtualization, and the bits
 * of mstatus, vsstatus that change what is permitted.
 *
 * <pre>
 *     5       4     3     2     1 0
 *   G_MXR | MXR | SUM | VIRT | privilege
 * </pre>
 *
 * The low four bits choose the L1 TLBs, so that going from user to supervisor and back, or opening
 * user memory with SUM, flushes nothing.
 */
public final class Mode {
  static final int VIRTUAL = 1 << 2;
  public static final int SUM = 1 << 3;

  /** Executable pages are readable: in the single stage or the VS stage. */
  public static final int MXR = 1 << 4;

  /** The same for the G stage. */
  static final int G_MXR = 1 << 5;

  private static final int PRIVILEGE = 3;
  private static final int L1_SET = 15;

  /** The number of L1 sets; not every index is a mode that exists. */
  static final int L1_SETS = L1_SET + 1;

  private Mode() {}

  /** The mode of an explicit access at {@code privilege}, virtualized or not. */
  static int of(TranslationState state, int privilege, boolean virtual) {
    if (privilege == Privilege.M) {
      return Privilege.M;
    }
    int mode = privilege | (virtual ? VIRTUAL : 0);
    if (privilege == Privilege.S && (virtual ? state.vsSum : state.sum)) {
      mode |= SUM;
    }
    if (state.mxr) {
      return mode | (virtual ? MXR | G_MXR : MXR);
    }
    return virtual && state.vsMxr ? mode | MXR : mode;
  }

  /** The current mode of instruction fetches, to which SUM and MXR mean nothing. */
  static int ofFetch(TranslationState state) {
    return state.privilege | (state.virtual ? VIRTUAL : 0);
  }

  /** The current mode of loads and stores: the hart's own, or mstatus.MPP's under MPRV. */
  static int ofData(TranslationState state) {
    if (state.mprv) {
      return of(state, state.mpp, state.mpv && state.mpp != Privilege.M);
    }
    return of(state, state.privilege, state.virtual);
  }

  public static int privilege(int mode) {
    return mode & PRIVILEGE;
  }

  static boolean virtual(int mode) {
    return (mode & VIRTUAL) != 0;
  }

  static boolean mxr(int mode) {
    return (mode & MXR) != 0;
  }

  static boolean gMxr(int mode) {
    return (mode & G_MXR) != 0;
  }

  static int l1Set(int mode) {
    return mode & L1_SET;
  }

  static int withoutMxr(int mode) {
    return mode & ~(MXR | G_MXR);
  }

  /** Steps 6 and 8 of the manual's translation process: whether a leaf allows the access. */
  public static boolean permits(long leaf, int access, int mode) {
    if (privilege(mode) == Privilege.U) {
      if ((leaf & PteBits.USER) == 0) {
        return false;
      }
    } else if ((leaf & PteBits.USER) != 0 && ((mode & SUM) == 0 || access == AccessType.FETCH)) {
      return false;
    }
    return (leaf & AccessType.pteNeed(access, mxr(mode))) != 0;
  }
}
