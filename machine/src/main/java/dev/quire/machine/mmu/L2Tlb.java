package dev.quire.machine.mmu;

/**
 * The second-level TLB: 4-way set-associative, one for all modes, tagged with the address space.
 * Superpages stay whole; each size that occurs costs a probe. Under two stages an entry is as large
 * as the smaller of the two leaves.
 *
 * <pre>
 *   entry, 4 longs:  gva of the page | size    space    hpa | first-stage size | permissions    stamp
 * </pre>
 *
 * Sizes are indices into {@link #SHIFTS}.
 */
final class L2Tlb {
  private static final int[] SHIFTS = {12, PteBits.NAPOT_SHIFT, 21, 30, 39, 48};
  private static final int WAYS = 4;
  private static final int ENTRY = 4;
  private static final int FIRST_SIZE_SHIFT = 8;

  private final FlushClock clock = new FlushClock();
  private final long[] entries;

  /** By entry: its {@link GuestLeaf}. */
  private final long[] guestLeaves;

  private final int setMask;
  private int sizesPresent;
  private int victim;

  /** VS-stage leaves of guests that are held in smaller pieces. */
  private final RegionFilter fragmented = new RegionFilter(4096);

  /** {@code size} is a power of two, or 0: then nothing is ever held. */
  L2Tlb(int size) {
    this.entries = new long[size == 0 ? 0 : Math.max(size, WAYS) * ENTRY];
    this.guestLeaves = new long[entries.length / ENTRY];
    this.setMask = Math.max(size / WAYS, 1) - 1;
  }

  /** The entry that maps {@code gva} in {@code space}, or -1. Valid until the next fill. */
  int find(long gva, long space) {
    for (int sizes = sizesPresent; sizes != 0; sizes &= sizes - 1) {
      int size = Integer.numberOfTrailingZeros(sizes);
      int entry = find(gva, size, space);
      if (entry >= 0) {
        return entry;
      }
    }
    return -1;
  }

  private int find(long gva, int size, long space) {
    long tag = tag(gva, size);
    int set = set(gva, size);
    for (int e = set; e < set + WAYS * ENTRY; e += ENTRY) {
      if (entries[e] == tag && matches(e, space)) {
        return e;
      }
    }
    return -1;
  }

  private boolean matches(int e, long space) {
    long own = entries[e + 1];
    boolean global = (entries[e + 2] & PteBits.GLOBAL) != 0;
    return (own == space || global && Space.sameButAsid(own, space))
        && clock.live(entries[e + 3], own, global);
  }

  /** READ, WRITE, EXECUTE, USER, GLOBAL as {@link PteBits#cacheable} leaves them. */
  int permissions(int entry) {
    return (int) entries[entry + 2] & 0xff;
  }

  long hpa(int entry, long gva) {
    long offset = (1L << SHIFTS[(int) entries[entry] & 7]) - 1;
    return entries[entry + 2] & -4096L & ~offset | gva & offset;
  }

  /** log2 of the size of the first stage's leaf. */
  int firstShift(int entry) {
    return SHIFTS[(int) (entries[entry + 2] >>> FIRST_SIZE_SHIFT & 7)];
  }

  long guestLeaf(int entry) {
    return guestLeaves[entry / ENTRY];
  }

  /** Enters a page of 2^{@code shift} bytes, part of a first-stage leaf of 2^{@code firstShift}. */
  void fill(
      long gva, long space, long hpa, int shift, int firstShift, int permissions, long guestLeaf) {
    if (entries.length == 0) {
      return;
    }
    int size = size(shift);
    int e = place(gva, size, space);
    entries[e] = tag(gva, size);
    entries[e + 1] = space;
    entries[e + 2] =
        hpa & -(1L << shift) | (long) size(firstShift) << FIRST_SIZE_SHIFT | permissions;
    entries[e + 3] = clock.stamp();
    guestLeaves[e / ENTRY] = guestLeaf;
    sizesPresent |= 1 << size;
    if (firstShift > shift) {
      fragmented.add(gva, firstShift);
    }
  }

  /** The entry of the same page if there is one, else a dead one, else the next in turn. */
  private int place(long gva, int size, long space) {
    int same = find(gva, size, space);
    if (same >= 0) {
      return same;
    }
    int set = set(gva, size);
    for (int e = set; e < set + WAYS * ENTRY; e += ENTRY) {
      boolean global = (entries[e + 2] & PteBits.GLOBAL) != 0;
      if (!clock.live(entries[e + 3], entries[e + 1], global)) {
        return e;
      }
    }
    return set + (victim++ & WAYS - 1) * ENTRY;
  }

  void flushAll() {
    clock.flushAll();
    fragmented.clear();
    sizesPresent = 0;
  }

  void flushMachine(long space) {
    clock.flushMachine(space);
  }

  /** Drops what goes through the second stage's leaf for {@code gpa}, in the machine of a guest. */
  void flushGuestPhysical(long gpa, long space) {
    for (int i = 0; i < guestLeaves.length; i++) {
      if (GuestLeaf.maps(guestLeaves[i], gpa)
          && Space.machine(entries[i * ENTRY + 1]) == Space.machine(space)) {
        entries[i * ENTRY + 3] = 0;
      }
    }
  }

  void flushSpace(long space) {
    clock.flushSpace(space);
  }

  /** Drops what maps {@code gva} in the machine of {@code space}, in all its address spaces. */
  void flushAddress(long gva, long space) {
    flushAddress(gva, space, false);
  }

  /** The same in the one address space of {@code space}, except global mappings. */
  void flushAddressOfSpace(long gva, long space) {
    flushAddress(gva, space, true);
  }

  private void flushAddress(long gva, long space, boolean oneSpace) {
    if (Space.isGuest(space) && fragmented.mayContain(gva)) {
      flushAll();
      return;
    }
    for (int sizes = sizesPresent; sizes != 0; sizes &= sizes - 1) {
      int size = Integer.numberOfTrailingZeros(sizes);
      long tag = tag(gva, size);
      int set = set(gva, size);
      for (int e = set; e < set + WAYS * ENTRY; e += ENTRY) {
        if (entries[e] == tag && covers(e, space, oneSpace)) {
          entries[e + 3] = 0;
        }
      }
    }
  }

  private boolean covers(int e, long space, boolean oneSpace) {
    long own = entries[e + 1];
    return oneSpace
        ? Space.sameAddressSpace(own, space) && (entries[e + 2] & PteBits.GLOBAL) == 0
        : Space.machine(own) == Space.machine(space);
  }

  private int set(long gva, int size) {
    return ((int) (gva >>> SHIFTS[size]) & setMask) * WAYS * ENTRY;
  }

  private static long tag(long gva, int size) {
    return gva & -(1L << SHIFTS[size]) | size;
  }

  private static int size(int shift) {
    return switch (shift) {
      case 12 -> 0;
      case PteBits.NAPOT_SHIFT -> 1;
      default -> shift / 9;
    };
  }
}
