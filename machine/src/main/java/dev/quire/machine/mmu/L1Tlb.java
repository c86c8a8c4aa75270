package dev.quire.machine.mmu;

import dev.quire.machine.memory.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A direct-mapped TLB of 4 KiB entries for one kind of access in one mode. It lies outside the heap
 * so that {@link Mmu}'s fast path is one compare and one add.
 *
 * <pre>
 *   entry, 16 bytes:   gva of the page, or INVALID  |  value: host address - gva, or hpa (fetch)
 * </pre>
 *
 * A log of the slots in use lets a flush cost no more than the fills since the last one.
 */
final class L1Tlb {
  /** Equal to no page address with any low three bits. */
  private static final long INVALID = -1;

  /** The same, in a slot that is still in the log. */
  private static final long DROPPED = -2;

  private static final int ENTRY_SHIFT = 4;

  private final MemorySegment entries;
  private final int size;
  private final int[] log;
  private int logged;
  private final RegionFilter superpages = new RegionFilter(512);

  /** {@code size} is a power of two, or 0: then nothing is ever held. */
  L1Tlb(int size) {
    this.size = size;
    this.log = new int[size];
    this.entries = Arena.ofAuto().allocate((long) Math.max(size, 1) << ENTRY_SHIFT, 64);
    for (int slot = 0; slot < Math.max(size, 1); slot++) {
      HostMemory.putLong(entry(slot), INVALID);
    }
  }

  /** The host address of entry 0. */
  long base() {
    return entries.address();
  }

  /**
   * For a TLB of {@code size} entries: what to and with {@code gva >>> 8} for an entry's offset.
   */
  static long offsetMask(int size) {
    return (long) (Math.max(size, 1) - 1) << ENTRY_SHIFT;
  }

  /** Enters the page of {@code gva}, a fragment of a leaf of 2^{@code leafShift} bytes. */
  void fill(long gva, long value, int leafShift) {
    if (size == 0) {
      return;
    }
    int slot = slot(gva);
    long entry = entry(slot);
    if (HostMemory.getLong(entry) == INVALID) {
      log[logged++] = slot;
    }
    HostMemory.putLong(entry, gva & -4096L);
    HostMemory.putLong(entry + 8, value);
    superpages.add(gva, leafShift);
  }

  void flush() {
    for (int i = 0; i < logged; i++) {
      HostMemory.putLong(entry(log[i]), INVALID);
    }
    logged = 0;
    superpages.clear();
  }

  /** Drops whatever a leaf that maps {@code gva} may have left here. */
  void flush(long gva) {
    if (superpages.mayContain(gva)) {
      flush();
    } else if (logged != 0) {
      long entry = entry(slot(gva));
      if (HostMemory.getLong(entry) == (gva & -4096L)) {
        HostMemory.putLong(entry, DROPPED);
      }
    }
  }

  /** In a store TLB: drops every entry that leads to the 4 KiB at {@code host}. */
  void dropTarget(long host) {
    for (int i = 0; i < logged; i++) {
      long entry = entry(log[i]);
      long page = HostMemory.getLong(entry);
      if ((page & 4095) == 0 && page + HostMemory.getLong(entry + 8) == host) {
        HostMemory.putLong(entry, DROPPED);
      }
    }
  }

  private int slot(long gva) {
    return (int) (gva >>> 12) & size - 1;
  }

  private long entry(int slot) {
    return entries.address() + ((long) slot << ENTRY_SHIFT);
  }
}
