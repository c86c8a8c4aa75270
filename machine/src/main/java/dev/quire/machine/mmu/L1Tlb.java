package dev.quire.machine.mmu;

import java.util.Arrays;

/**
 * A direct-mapped TLB of 4 KiB entries for one kind of access in one mode. Its entries are a plain
 * array, which {@link Mmu}'s fast path reads itself: one compare and one add.
 *
 * <pre>
 *   [2i]: gva of the page, or INVALID, or DROPPED  |  [2i+1]: host address - gva, or hpa (fetch)
 * </pre>
 *
 * A log of the slots in use lets a flush cost no more than the fills since the last one.
 */
final class L1Tlb {
  /** Equal to no page address with any low three bits. */
  private static final long INVALID = -1;

  /** The same, in a slot that is still in the log. */
  private static final long DROPPED = -2;

  private final long[] entries;

  /** By entry: its {@link GuestLeaf}. */
  private final long[] guestLeaves;

  private final int size;
  private final int[] log;
  private int logged;
  private final boolean holds;
  private final RegionFilter superpages = new RegionFilter(512);

  /**
   * @param size a power of two, or 0: then nothing is ever held
   * @param holds false for one that stays empty, too, but is indexed like those that do not
   */
  L1Tlb(int size, boolean holds) {
    this.size = Math.max(size, 1);
    this.holds = holds && size > 0;
    this.log = new int[size];
    this.entries = new long[2 * this.size];
    this.guestLeaves = new long[this.size];
    Arrays.fill(entries, INVALID);
  }

  long[] entries() {
    return entries;
  }

  /**
   * For a TLB of {@code size} entries: what to and with {@code gva >>> 11} for an entry's index.
   */
  static int indexMask(int size) {
    return Math.max(size, 1) - 1 << 1;
  }

  /** Enters the page of {@code gva}, a fragment of a leaf of 2^{@code leafShift} bytes. */
  void fill(long gva, long value, int leafShift, long guestLeaf) {
    if (!holds) {
      return;
    }
    int entry = entry(gva);
    if (entries[entry] == INVALID) {
      log[logged++] = entry;
    }
    entries[entry] = gva & -4096L;
    entries[entry + 1] = value;
    guestLeaves[entry >> 1] = guestLeaf;
    superpages.add(gva, leafShift);
  }

  /** Whether the page of {@code gva} is held, and an access of {@code size} bytes is aligned. */
  boolean holds(long gva, int size) {
    return entries[entry(gva)] == (gva & (-4096L | size - 1));
  }

  /** What was filled for the page of {@code gva}, which is held. */
  long value(long gva) {
    return entries[entry(gva) + 1];
  }

  void flush() {
    for (int i = 0; i < logged; i++) {
      entries[log[i]] = INVALID;
    }
    logged = 0;
    superpages.clear();
  }

  /** Drops whatever a leaf that maps {@code gva} may have left here. */
  void flush(long gva) {
    if (superpages.mayContain(gva)) {
      flush();
    } else if (logged != 0) {
      int entry = entry(gva);
      if (entries[entry] == (gva & -4096L)) {
        entries[entry] = DROPPED;
      }
    }
  }

  /** Drops what goes through the second stage's leaf for {@code gpa}. */
  void flushGuestPhysical(long gpa) {
    for (int i = 0; i < logged; i++) {
      int entry = log[i];
      if (GuestLeaf.maps(guestLeaves[entry >> 1], gpa)) {
        entries[entry] = DROPPED;
      }
    }
  }

  /** In a store TLB: drops every entry that leads to the 4 KiB at {@code host}. */
  void dropTarget(long host) {
    for (int i = 0; i < logged; i++) {
      int entry = log[i];
      long page = entries[entry];
      if ((page & 4095) == 0 && page + entries[entry + 1] == host) {
        entries[entry] = DROPPED;
      }
    }
  }

  private int entry(long gva) {
    return ((int) (gva >>> 12) & size - 1) << 1;
  }
}
