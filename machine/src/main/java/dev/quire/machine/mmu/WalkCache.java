package dev.quire.machine.mmu;

/**
 * A page-walk cache: for a prefix of an address, the machine address of the table that the walk
 * comes to. Direct-mapped. A fence by virtual address concerns leaves only, so it drops nothing
 * here; one by guest-physical address drops the tables that are found through that.
 *
 * <pre>
 *   entry, 4 longs:  address prefix | level    space    hpa of the table    stamp
 * </pre>
 *
 * Level is the table's own: 0 for a table of 4 KiB leaves.
 */
final class WalkCache {
  private static final int ENTRY = 4;

  private final FlushClock clock = new FlushClock();
  private final long[] entries;

  /** By entry: the {@link GuestLeaf} through which the table is found. */
  private final long[] guestLeaves;

  private final int mask;

  /** {@code size} is a power of two, or 0: then nothing is ever held. */
  WalkCache(int size) {
    this.entries = new long[size * ENTRY];
    this.guestLeaves = new long[size];
    this.mask = size - 1;
  }

  /** The machine address of the table of {@code level} for {@code address}, or -1. */
  long find(long address, int level, long space) {
    if (entries.length == 0) {
      return -1;
    }
    int e = index(address, level);
    return entries[e] == tag(address, level)
            && entries[e + 1] == space
            && clock.live(entries[e + 3], space, false)
        ? entries[e + 2]
        : -1;
  }

  void fill(long address, int level, long space, long table, long guestLeaf) {
    if (entries.length == 0) {
      return;
    }
    int e = index(address, level);
    entries[e] = tag(address, level);
    entries[e + 1] = space;
    entries[e + 2] = table;
    entries[e + 3] = clock.stamp();
    guestLeaves[e / ENTRY] = guestLeaf;
  }

  void flushAll() {
    clock.flushAll();
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

  private int index(long address, int level) {
    long prefix = prefix(address, level);
    return ((int) (prefix ^ prefix >>> 9) + level * 21 & mask) * ENTRY;
  }

  private static long tag(long address, int level) {
    return prefix(address, level) << 3 | level;
  }

  private static long prefix(long address, int level) {
    return address >>> PteBits.shift(level + 1);
  }
}
