package dev.quire.monitor.explain;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageState;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at every entry of a page table. A table may be linked any number of times, also by itself;
 * so the pages that are looked at are limited, each counted as often as it is come to.
 */
final class TableScan {
  /** The largest number of ranges that are kept. */
  static final int MAX_RANGES = 1 << 16;

  private static final int MAX_PAGES = 1 << 14;
  private static final int ENTRIES = 512;
  private static final int ROOTS = 4;

  private final TableReader tables;
  private final TableRole role;
  private final int levels;
  private final long root;
  private final boolean pbmt;
  private final long[] tablePages;
  private final long[] leaves;
  private final List<MappedRange> ranges = new ArrayList<>();
  private long refused;
  private int pages;
  private boolean complete = true;

  /**
   * @param atp the satp, vsatp or hgatp that points to the table
   */
  TableScan(TableReader tables, TableRole role, long atp, boolean pbmt) {
    this.tables = tables;
    this.role = role;
    this.levels = Space.levels(atp);
    this.root = second() ? Space.root(atp) & -(ROOTS * PhysicalMemory.FRAME_SIZE) : Space.root(atp);
    this.pbmt = pbmt;
    this.tablePages = new long[levels];
    this.leaves = new long[levels];
  }

  private boolean second() {
    return role == TableRole.P2M;
  }

  /** Looks at all of it. */
  TableTree tree(String format, AddressKind from, AddressKind to) {
    if (levels > 0) {
      scan(root, levels - 1, 0);
    }
    return new TableTree(
        role,
        format,
        from,
        to,
        list(tablePages),
        list(leaves),
        refused,
        List.copyOf(ranges),
        complete);
  }

  private static List<Long> list(long[] counts) {
    List<Long> list = new ArrayList<>();
    for (long count : counts) {
      list.add(count);
    }
    return list;
  }

  private void scan(long table, int level, long base) {
    if (pages++ >= MAX_PAGES || ranges.size() >= MAX_RANGES) {
      complete = false;
      return;
    }
    tablePages[level]++;
    int entries = second() && level == levels - 1 ? ROOTS * ENTRIES : ENTRIES;
    for (int i = 0; i < entries; i++) {
      long at = table + 8L * i;
      long pte = tables.contains(at) ? tables.read(at) : 0;
      if ((pte & PteBits.VALID) != 0) {
        entry(pte, level, base + ((long) i << PteBits.shift(level)));
      }
    }
  }

  private void entry(long pte, int level, long from) {
    if (PteBits.faults(pte, level, true, pbmt)) {
      refused++;
    } else if (PteBits.isLeaf(pte)) {
      leaves[level]++;
      add(range(pte, level, from));
    } else if (level == 0) {
      refused++;
    } else {
      scan(PteBits.address(pte), level - 1, from);
    }
  }

  private MappedRange range(long pte, int level, long from) {
    int unused = second() ? 0 : 64 - PteBits.shift(levels);
    long address = from << unused >> unused;
    long offset = (1L << PteBits.shift(pte, level)) - 1;
    return new MappedRange(
        address,
        1L << PteBits.shift(level),
        PteBits.address(pte) & ~offset | address & offset,
        PteBits.shift(pte, level),
        EntryText.permissions(pte, second()));
  }

  private void add(MappedRange range) {
    add(ranges, range);
  }

  private static void add(List<MappedRange> ranges, MappedRange range) {
    if (!ranges.isEmpty() && ranges.getLast().continuesWith(range)) {
      ranges.set(ranges.size() - 1, ranges.getLast().with(range));
    } else {
      ranges.add(range);
    }
  }

  /** Whether {@code address} is mapped by leaves that are smaller than those of {@code level}. */
  boolean isSplit(long address, int level) {
    long table = root;
    for (int i = levels - 1; i >= level; i--) {
      int mask = second() && i == levels - 1 ? ROOTS * ENTRIES - 1 : ENTRIES - 1;
      long at = table + 8 * (address >>> PteBits.shift(i) & mask);
      long pte = tables.contains(at) ? tables.read(at) : 0;
      if (PteBits.faults(pte, i, true, pbmt) || PteBits.isLeaf(pte)) {
        return false;
      }
      table = PteBits.address(pte);
    }
    return true;
  }

  /** The P2M as the monitor keeps it, where no MMU walks it. */
  static TableTree p2m(GuestMemory memory) {
    List<MappedRange> ranges = new ArrayList<>();
    long end = memory.base() + memory.size();
    for (long gpa = memory.base(); gpa < end; gpa += PhysicalMemory.FRAME_SIZE) {
      long gfn = gpa >>> PhysicalMemory.FRAME_SHIFT;
      if (memory.state(gfn) != PageState.UNPOPULATED) {
        long hpa = memory.frameFor(gfn) << PhysicalMemory.FRAME_SHIFT;
        long size = PhysicalMemory.FRAME_SIZE;
        add(ranges, new MappedRange(gpa, size, hpa, PhysicalMemory.FRAME_SHIFT, "RWX"));
      }
    }
    return new TableTree(
        TableRole.P2M,
        "P2M kept by the monitor",
        AddressKind.GPA,
        AddressKind.HPA,
        List.of(),
        List.of(),
        0,
        ranges,
        true);
  }
}
