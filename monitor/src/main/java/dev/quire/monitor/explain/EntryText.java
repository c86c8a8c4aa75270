package dev.quire.monitor.explain;

import dev.quire.machine.mmu.PteBits;

/** How entries, sizes and tables are written. */
final class EntryText {
  private static final String LETTERS = "VRWXUGAD";
  private static final int PBMT_SHIFT = 61;

  private EntryText() {}

  /** A letter for each of the low eight bits that is set, a dash for others; PBMT and N if used. */
  static String bits(long pte) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LETTERS.length(); i++) {
      text.append((pte >>> i & 1) != 0 ? LETTERS.charAt(i) : '-');
    }
    if ((pte & PteBits.PBMT) != 0) {
      text.append(" PBMT=").append((pte & PteBits.PBMT) >>> PBMT_SHIFT);
    }
    return pte < 0 ? text.append(" N").toString() : text.toString();
  }

  /** What a leaf allows, as in {@code RW-UG}, or in the G stage {@code RW-}; its PBMT if used. */
  static String permissions(long pte, boolean gStage) {
    String type = (pte & PteBits.PBMT) == 0 ? "" : " PBMT=" + ((pte & PteBits.PBMT) >>> PBMT_SHIFT);
    return bits(pte).substring(1, LETTERS.indexOf(gStage ? 'U' : 'A')) + type;
  }

  /** 2^{@code shift} bytes, as in {@code 2 MiB}. */
  static String size(int shift) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return (1 << shift % 10) + " " + units[shift / 10];
  }
}
