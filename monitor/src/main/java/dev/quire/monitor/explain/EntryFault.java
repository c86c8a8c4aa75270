package dev.quire.monitor.explain;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.Mode;
import dev.quire.machine.mmu.PteBits;

/** Why the MMU refuses a page-table entry, in words. */
final class EntryFault {
  private EntryFault() {}

  /** Of an entry that {@link PteBits#faults}. */
  static String malformed(long pte, int level, boolean pbmt) {
    if ((pte & PteBits.VALID) == 0) {
      return "the entry is not valid (V=0)";
    }
    if ((pte & (PteBits.READ | PteBits.WRITE)) == PteBits.WRITE) {
      return "W=1 with R=0 is reserved";
    }
    if (PteBits.faults(pte & ~(PteBits.PBMT | PteBits.NAPOT), level, true, true)) {
      return shapeless(pte, level);
    }
    if (!PteBits.isLeaf(pte)) {
      return "N or PBMT in an entry that points to a table is reserved";
    }
    if ((pte & PteBits.PBMT) == PteBits.PBMT) {
      return "PBMT=3 is reserved";
    }
    return (pte & PteBits.PBMT) != 0 && !pbmt
        ? "PBMT is used, but PBMTE in the xenvcfg register is 0"
        : "N=1 with anything but 64 KiB at level 0 is reserved";
  }

  private static String shapeless(long pte, int level) {
    if (PteBits.isLeaf(pte) && (PteBits.address(pte) & (1L << PteBits.shift(level)) - 1) != 0) {
      return "the frame number of the superpage is not a multiple of its size";
    }
    return PteBits.isLeaf(pte)
        ? "reserved bits 60 to 54 are not 0"
        : "reserved bits, or U, A or D in an entry that points to a table, are not 0";
  }

  /** Of a leaf that {@link Mode#permits} does not. */
  static String forbidden(long pte, Access access, int mode, boolean gStage) {
    boolean user = (pte & PteBits.USER) != 0;
    if (gStage && !user) {
      return "U=0, but every access is user mode's to the G stage";
    }
    if (!user && Mode.privilege(mode) == Privilege.U) {
      return "U=0: the page is not user mode's";
    }
    if (user && Mode.privilege(mode) == Privilege.S) {
      if (access == Access.FETCH) {
        return "U=1: the kernel may not execute user mode's pages";
      }
      if ((mode & Mode.SUM) == 0) {
        return "U=1: the kernel reaches user mode's pages only with SUM=1";
      }
    }
    return switch (access) {
      case LOAD -> "R=0: the page may not be read";
      case STORE -> "W=0: the page may not be written";
      case FETCH -> "X=0: the page may not be executed";
    };
  }

  /** Of a leaf that lacks A or D, where software has to set them. */
  static String unmarked(long pte) {
    return (pte & PteBits.ACCESSED) == 0
        ? "A=0, and software has to set it (Svade)"
        : "D=0 at a store, and software has to set it (Svade)";
  }
}
