package dev.quire.monitor.paging;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.OutOfFrames;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * A G-stage page table in machine memory, as the MMU walks it: a P2M in hardware's form. The root
 * is 16 KiB, because its index has two bits more than the others':
 *
 * <pre>
 *   gpa (Sv48x4)   49..39    38..30   29..21   20..12   11..0
 *                  root: 11  level 2  level 1  level 0  offset
 *   entry          53..10 frame number   7 D  6 A  5 G  4 U  3 X  2 W  1 R  0 V
 * </pre>
 *
 * Leaves have U=1, for G-stage accesses are those of user mode, and A=D=1 when they are made. The
 * hardware sets A again where a look at what is in use has cleared it. Guarded by the VM's paging
 * lock; the MMU reads at any time, so entries are written whole, and tables are linked once they
 * are complete.
 */
final class GStageTable {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int ROOT_FRAMES = 4;
  private static final int INDEX_BITS = 9;
  private static final long INDEX_MASK = (1 << INDEX_BITS) - 1;
  private static final long ROOT_MASK = (INDEX_MASK << 2) | 3;
  private static final int FRAME_NUMBER = 10;
  private static final long VALID = 1;
  private static final long READ_WRITE_EXECUTE = 0xe;
  private static final long WRITE = 1 << 2;
  private static final long ACCESSED = 1 << 6;
  private static final long LEAF = VALID | READ_WRITE_EXECUTE | 0xd0; // U, A, D

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final int vm;
  private final int levels;
  private final long root;

  /** The hpas of leaves that were found accessed, while a look goes on. */
  private final List<Long> accessedEntries = new ArrayList<>();

  /** Frames of all tables, the root's four among them. */
  private long held = ROOT_FRAMES;

  /** An empty table, whose frames belong to VM {@code vm}. */
  GStageTable(PhysicalMemory memory, FrameTable frames, int vm, GStageMode mode) {
    this.memory = memory;
    this.frames = frames;
    this.vm = vm;
    this.levels = mode.levels();
    this.root = frames.allocateBlock(ROOT_FRAMES, Use.TABLE, vm);
    if (root < 0) {
      throw new OutOfFrames(ROOT_FRAMES, frames.total());
    }
  }

  long frames() {
    return held;
  }

  /** Frame number of the root, a multiple of 4. */
  long root() {
    return root;
  }

  /**
   * Maps the page of {@code gfn} at {@code level} (0: 4 KiB, 1: 2 MiB) to the frames from {@code
   * hfn}; both are aligned to the page's size. False, and nothing done, if smaller pages are mapped
   * there already.
   *
   * @param writable false for frames that nobody may write
   */
  boolean map(long gfn, long hfn, int level, boolean writable) {
    long entry = entryAt(gfn, level, true);
    long old = memory.readLong(entry);
    if ((old & VALID) != 0 && !isLeaf(old)) {
      return false;
    }
    memory.writeLong(entry, hfn << FRAME_NUMBER | (writable ? LEAF : LEAF & ~WRITE));
    return true;
  }

  /**
   * Makes the leaf that maps {@code gfn}, whatever its size, invalid; the MMU may still hold it.
   * Returns whether there was one.
   */
  boolean unmap(long gfn) {
    for (int level = 1; level >= 0; level--) {
      long entry = entryAt(gfn, level, false);
      if (entry >= 0 && isLeaf(memory.readLong(entry))) {
        memory.writeLong(entry, 0);
        return true;
      }
    }
    return false;
  }

  /** Takes W from the 4 KiB leaf that maps {@code gfn}; false if there is none. */
  boolean protect(long gfn) {
    long large = entryAt(gfn, 1, false);
    if (large < 0 || isLeaf(memory.readLong(large))) {
      return false;
    }
    long entry = entryAt(gfn, 0, false);
    boolean mapped = entry >= 0 && isLeaf(memory.readLong(entry));
    if (mapped) {
      memory.writeLong(entry, memory.readLong(entry) & ~WRITE);
    }
    return mapped;
  }

  /**
   * Makes the 4 KiB of {@code gfn} invalid: a larger leaf that maps it becomes 4 KiB leaves, if
   * there is a frame for them, else goes altogether. The MMU may still hold either. Returns whether
   * there was a larger one.
   */
  boolean unmapPage(long gfn) {
    long entry = entryAt(gfn, 1, false);
    boolean large = entry >= 0 && isLeaf(memory.readLong(entry));
    if (large && !frames.isShort()) {
      fillPieces(entry, memory.readLong(entry), piece -> true);
    }
    unmap(gfn);
    return large;
  }

  /**
   * Maps 4 KiB pages of the 2 MiB from {@code gfn} on, which are not mapped, to the frames from
   * {@code hfn} on: those, by gfn, that {@code mapped} says. False, and nothing done, if a leaf or
   * a table is there already.
   */
  boolean mapPieces(long gfn, long hfn, LongPredicate mapped) {
    long entry = entryAt(gfn, 1, true);
    if ((memory.readLong(entry) & VALID) != 0) {
      return false;
    }
    fillPieces(entry, hfn << FRAME_NUMBER | LEAF, piece -> mapped.test(gfn + piece));
    return true;
  }

  /** Puts a table of 4 KiB leaves, none of which has been accessed, where a 2 MiB leaf could be. */
  private void fillPieces(long entry, long leaf, LongPredicate mapped) {
    long child = frames.allocate(Use.TABLE, vm);
    held++;
    for (long i = 0; i <= INDEX_MASK; i++) {
      if (mapped.test(i)) {
        memory.writeLong((child << SHIFT) + 8 * i, (leaf & ~ACCESSED) + (i << FRAME_NUMBER));
      }
    }
    memory.writeLong(entry, child << FRAME_NUMBER | VALID);
  }

  /**
   * Maps the 2 MiB from {@code gfn} on, which have 4 KiB leaves, by one leaf to the frames from
   * {@code hfn} on, while no vCPU runs; the MMU may still hold the others. False, and nothing done,
   * if there are none.
   */
  boolean join(long gfn, long hfn) {
    long entry = entryAt(gfn, 1, false);
    long old = entry < 0 ? 0 : memory.readLong(entry);
    if ((old & VALID) == 0 || isLeaf(old)) {
      return false;
    }
    memory.writeLong(entry, hfn << FRAME_NUMBER | LEAF);
    frames.release(old >>> FRAME_NUMBER);
    held--;
    return true;
  }

  /** Makes all leaves invalid; the MMU may still hold them. */
  void unmapAll() {
    for (int i = 0; i < ROOT_FRAMES; i++) {
      unmapBelow(root + i);
    }
  }

  private void unmapBelow(long table) {
    for (long entry = table << SHIFT; entry < table + 1 << SHIFT; entry += 8) {
      long value = memory.readLong(entry);
      if (isLeaf(value)) {
        memory.writeLong(entry, 0);
      } else if ((value & VALID) != 0) {
        unmapBelow(value >>> FRAME_NUMBER);
      }
    }
  }

  /**
   * Whether the leaf that maps {@code gfn} has A, set by the MMU, which may know the leaf. What has
   * A here loses it at the next {@link #clearAccessed}.
   */
  boolean isAccessed(long gfn) {
    for (int level = 1; level >= 0; level--) {
      long entry = entryAt(gfn, level, false);
      if (entry >= 0 && isLeaf(memory.readLong(entry))) {
        boolean accessed = (memory.readLong(entry) & ACCESSED) != 0;
        if (accessed) {
          accessedEntries.add(entry);
        }
        return accessed;
      }
    }
    return false;
  }

  /** Clears A where it was found; true if there was any, so that the TLBs must forget them. */
  boolean clearAccessed() {
    for (long entry : accessedEntries) {
      memory.writeLong(entry, memory.readLong(entry) & ~ACCESSED); // the MMU only ever sets A
    }
    boolean any = !accessedEntries.isEmpty();
    accessedEntries.clear();
    return any;
  }

  /** The hpa of the entry for {@code gfn} at {@code level}; -1 if there is no table for it. */
  private long entryAt(long gfn, int level, boolean create) {
    long table = root << SHIFT;
    for (int at = levels - 1; ; at--) {
      long mask = at == levels - 1 ? ROOT_MASK : INDEX_MASK;
      long entry = table + 8 * (gfn >>> INDEX_BITS * at & mask);
      if (at == level) {
        return entry;
      }
      long value = memory.readLong(entry);
      if ((value & VALID) == 0) {
        if (!create) {
          return -1;
        }
        value = frames.allocate(Use.TABLE, vm) << FRAME_NUMBER | VALID;
        held++;
        memory.writeLong(entry, value);
      }
      if (isLeaf(value)) {
        throw new IllegalStateException("gfn 0x%x is in a larger page".formatted(gfn));
      }
      table = value >>> FRAME_NUMBER << SHIFT;
    }
  }

  /** Gives all frames of the table back; no hart knows them any more. */
  void close() {
    for (int i = 0; i < ROOT_FRAMES; i++) {
      releaseBelow(root + i, levels - 1);
      frames.release(root + i);
    }
  }

  private void releaseBelow(long table, int level) {
    for (long entry = table << SHIFT; level > 0 && entry < table + 1 << SHIFT; entry += 8) {
      long value = memory.readLong(entry);
      if ((value & VALID) != 0 && !isLeaf(value)) {
        releaseBelow(value >>> FRAME_NUMBER, level - 1);
        frames.release(value >>> FRAME_NUMBER);
      }
    }
  }

  private static boolean isLeaf(long entry) {
    return (entry & READ_WRITE_EXECUTE) != 0;
  }
}
