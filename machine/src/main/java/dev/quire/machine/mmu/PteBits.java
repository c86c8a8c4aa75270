package dev.quire.machine.mmu;

/**
 * The page-table entry of Sv39, Sv48 and Sv57, and of their G-stage variants.
 *
 * <pre>
 *   63  62 61  60    54  53                10  9 8  7 6 5 4 3 2 1 0
 *   N | PBMT | reserved |        PPN         | RSW | D A G U X W R V
 * </pre>
 */
public final class PteBits {
  public static final int VALID = 1;
  public static final int READ = 1 << 1;
  public static final int WRITE = 1 << 2;
  public static final int EXECUTE = 1 << 3;
  public static final int USER = 1 << 4;
  public static final int GLOBAL = 1 << 5;
  public static final int ACCESSED = 1 << 6;
  public static final int DIRTY = 1 << 7;
  public static final long NAPOT = 1L << 63;
  public static final long PBMT = 3L << 61;
  private static final long RESERVED = 0x7fL << 54;
  public static final int PPN_SHIFT = 10;
  private static final long PPN = (1L << 44) - 1;

  /** PPN bits 3..0 of the one NAPOT size there is, 64 KiB. */
  private static final int NAPOT_64K = 8;

  static final int NAPOT_SHIFT = 16;

  private PteBits() {}

  /** Whether the bits of {@code gva} above the address width are copies of its highest bit. */
  public static boolean canonical(long gva, int levels) {
    int unused = 64 - shift(levels);
    return gva << unused >> unused == gva;
  }

  /** The physical address in {@code pte}, 4 KiB aligned. */
  public static long address(long pte) {
    return (pte >>> PPN_SHIFT & PPN) << 12;
  }

  public static boolean isLeaf(long pte) {
    return (pte & (READ | EXECUTE)) != 0;
  }

  /** log2 of the bytes that an entry maps when it is the leaf at {@code level}. */
  public static int shift(long pte, int level) {
    return pte < 0 ? NAPOT_SHIFT : shift(level);
  }

  public static int shift(int level) {
    return 12 + 9 * level;
  }

  /**
   * Step 3 and 5 of the manual's translation process: whether the entry is not valid, uses an
   * encoding that is reserved, or is a misaligned superpage. All of them are page faults.
   */
  public static boolean faults(long pte, int level, boolean svnapot, boolean pbmte) {
    if ((pte & VALID) == 0 || (pte & RESERVED) != 0 || (pte & (READ | WRITE)) == WRITE) {
      return true;
    }
    if (!isLeaf(pte)) {
      return (pte & (NAPOT | PBMT | USER | ACCESSED | DIRTY)) != 0;
    }
    if ((pte & PBMT) != 0 && (!pbmte || (pte & PBMT) == PBMT)) {
      return true;
    }
    if ((pte & NAPOT) != 0) {
      return !svnapot || level != 0 || (pte >>> PPN_SHIFT & 15) != NAPOT_64K;
    }
    return (address(pte) & ((1L << shift(level)) - 1)) != 0;
  }

  /** What an access must find set, else it faults (Svade) or sets it (Svadu). */
  public static int accessedDirty(int access) {
    return access == AccessType.STORE ? ACCESSED | DIRTY : ACCESSED;
  }

  /** The permissions that a TLB may keep: a clean page cannot be written before another walk. */
  static int cacheable(long pte) {
    int keep = (int) pte & (READ | WRITE | EXECUTE | USER | GLOBAL);
    return (pte & DIRTY) != 0 ? keep : keep & ~WRITE;
  }
}
