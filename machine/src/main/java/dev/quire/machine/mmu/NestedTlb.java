package dev.quire.machine.mmu;

/**
 * The nested TLB: from guest frame to machine frame, for the walker's own accesses to guest tables
 * and for the address that a walk ends with. Direct-mapped, in pieces of 4 KiB.
 *
 * <pre>
 *   entry, 4 longs:  gfn    space    hpa | leaf shift | permissions    stamp
 * </pre>
 */
final class NestedTlb {
  private static final int ENTRY = 4;
  private static final int SHIFT_AT = 5;
  private static final int PERMISSIONS = PteBits.READ | PteBits.WRITE | PteBits.EXECUTE;

  private final FlushClock clock = new FlushClock();
  private final long[] entries;
  private final int mask;
  private final RegionFilter superpages = new RegionFilter(512);

  /** {@code size} is a power of two, or 0: then nothing is ever held. */
  NestedTlb(int size) {
    this.entries = new long[size * ENTRY];
    this.mask = size - 1;
  }

  /** The entry for {@code gpa} in {@code space}, or -1. Valid until the next fill. */
  int find(long gpa, long space) {
    if (entries.length == 0) {
      return -1;
    }
    int e = index(gpa);
    return entries[e] == gpa >>> 12
            && entries[e + 1] == space
            && clock.live(entries[e + 3], space, false)
        ? e
        : -1;
  }

  /** READ, WRITE, EXECUTE as {@link PteBits#cacheable} leaves them. */
  int permissions(int entry) {
    return (int) entries[entry + 2] & PERMISSIONS;
  }

  long frame(int entry) {
    return entries[entry + 2] & -4096L;
  }

  /** log2 of the size of the leaf that the entry is a piece of. */
  int shift(int entry) {
    return (int) (entries[entry + 2] >>> SHIFT_AT) & 63;
  }

  void fill(long gpa, long space, long hpa, int shift, int permissions) {
    if (entries.length == 0) {
      return;
    }
    int e = index(gpa);
    entries[e] = gpa >>> 12;
    entries[e + 1] = space;
    entries[e + 2] = hpa & -4096L | (long) shift << SHIFT_AT | permissions & PERMISSIONS;
    entries[e + 3] = clock.stamp();
    superpages.add(gpa, shift);
  }

  void flushAll() {
    clock.flushAll();
    superpages.clear();
  }

  void flushMachine(long space) {
    clock.flushMachine(space);
  }

  /**
   * Drops what a leaf that maps {@code gpa} may have left here, in the machine of {@code space}.
   */
  void flushAddress(long gpa, long space) {
    if (superpages.mayContain(gpa)) {
      flushAll();
    } else if (entries.length != 0) {
      int e = index(gpa);
      if (entries[e] == gpa >>> 12 && Space.machine(entries[e + 1]) == Space.machine(space)) {
        entries[e + 3] = 0;
      }
    }
  }

  private int index(long gpa) {
    long gfn = gpa >>> 12;
    return ((int) (gfn ^ gfn >>> 9) & mask) * ENTRY;
  }
}
