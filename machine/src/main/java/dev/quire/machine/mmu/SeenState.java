package dev.quire.machine.mmu;

import dev.quire.machine.arch.Privilege;
import java.util.Arrays;

/** The translation state as the MMU saw it last, to find out what a change concerns. */
final class SeenState {
  /** satp. */
  static final int HOST_TABLES = 1;

  /** vsatp, hgatp, or henvcfg's PBMTE and ADUE, after which software fences a VMID itself. */
  static final int GUEST_TABLES = 2;

  /** What is cached may now be read otherwise: PMP, menvcfg's PBMTE and ADUE. */
  static final int RULES = 4;

  private static final int NEVER = -1;

  private long satp;
  private long vsatp;
  private long hgatp;
  private int guestOptions;
  private int options = NEVER;
  private int privilege = Privilege.M;
  private final byte[] pmpcfg = new byte[16];
  private final long[] pmpaddr = new long[16];

  /** Which of the above changed since the last call. */
  int update(TranslationState state) {
    int changes = 0;
    if (state.satp != satp) {
      satp = state.satp;
      changes |= HOST_TABLES;
    }
    int guest = (state.vsAdue ? 1 : 0) | (state.vsPbmte ? 2 : 0);
    if (state.vsatp != vsatp || state.hgatp != hgatp || guest != guestOptions) {
      vsatp = state.vsatp;
      hgatp = state.hgatp;
      guestOptions = guest;
      changes |= GUEST_TABLES;
    }
    int now = options(state);
    if (now != options) {
      options = now;
      changes |= RULES;
    }
    // Only M-mode can write the PMP registers.
    if ((state.privilege == Privilege.M || privilege == Privilege.M) && pmpChanged(state)) {
      changes |= RULES;
    }
    privilege = state.privilege;
    return changes;
  }

  private static int options(TranslationState state) {
    return (state.adue ? 1 : 0) | (state.pbmte ? 2 : 0) | (state.svnapot ? 4 : 0);
  }

  private boolean pmpChanged(TranslationState state) {
    if (Arrays.equals(pmpcfg, state.pmpcfg) && Arrays.equals(pmpaddr, state.pmpaddr)) {
      return false;
    }
    System.arraycopy(state.pmpcfg, 0, pmpcfg, 0, pmpcfg.length);
    System.arraycopy(state.pmpaddr, 0, pmpaddr, 0, pmpaddr.length);
    return true;
  }
}
