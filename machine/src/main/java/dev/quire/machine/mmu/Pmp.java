package dev.quire.machine.mmu;

import dev.quire.machine.arch.Privilege;

/** Physical memory protection (privileged manual, "Physical Memory Protection"), 16 entries. */
final class Pmp {
  static final int READ = 1;
  static final int WRITE = 2;
  static final int EXECUTE = 4;

  static final int ALLOW = 0;
  static final int DENY = 1;

  /** The first region that matches holds only some of the bytes. */
  static final int PARTIAL = 2;

  private static final int LOCKED = 0x80;
  private static final int TOR = 1;
  private static final int NA4 = 2;
  private static final int NAPOT = 3;
  private static final long ADDRESS = (1L << 54) - 1;

  /** The regions that are on, in order of priority; bounds inclusive. */
  private int count;

  private final long[] first = new long[16];
  private final long[] last = new long[16];
  private final int[] config = new int[16];

  /** Reads the CSRs again. */
  void configure(byte[] pmpcfg, long[] pmpaddr) {
    count = 0;
    long below = 0;
    for (int i = 0; i < pmpcfg.length; i++) {
      long address = pmpaddr[i] & ADDRESS;
      switch (pmpcfg[i] >> 3 & 3) {
        case TOR -> add(below << 2, (address << 2) - 1, pmpcfg[i]);
        case NA4 -> add(address << 2, (address << 2) + 3, pmpcfg[i]);
        case NAPOT -> {
          long size = Long.lowestOneBit(~address) << 3;
          long base = address << 2 & -size;
          add(base, base + size - 1, pmpcfg[i]);
        }
        default -> {}
      }
      below = address;
    }
  }

  private void add(long from, long to, int bits) {
    if (from <= to) {
      first[count] = from;
      last[count] = to;
      config[count++] = bits;
    }
  }

  /**
   * {@link #ALLOW}, {@link #DENY} or {@link #PARTIAL} for {@code size} bytes at {@code hpa}. Asked
   * of a whole page, ALLOW and DENY hold for every access in it, and PARTIAL says to ask again for
   * the access; asked of an access, PARTIAL is a refusal.
   */
  int check(long hpa, long size, int need, int privilege) {
    long end = hpa + size - 1;
    for (int i = 0; i < count; i++) {
      if (end >= first[i] && hpa <= last[i]) {
        if (hpa < first[i] || end > last[i]) {
          return PARTIAL;
        }
        if (privilege == Privilege.M && (config[i] & LOCKED) == 0) {
          return ALLOW;
        }
        return (config[i] & need) == need ? ALLOW : DENY;
      }
    }
    return privilege == Privilege.M ? ALLOW : DENY;
  }
}
