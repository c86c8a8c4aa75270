package dev.quire.machine.mmu;

import dev.quire.machine.memory.PhysicalMemory;

/**
 * The second stage: guest-physical to machine-physical address, through the table in hgatp
 * (hypervisor extension, "Guest Physical Address Translation"). The root table has four times the
 * usual entries; every access counts as a user's; the G bit means nothing.
 */
final class GStage {
  private final PhysicalMemory memory;
  private final Pmp pmp;
  private final WalkStatistics statistics;
  private final WalkCache tables;
  private final NestedTlb frames;

  private int levels;
  private long root;
  private long space;
  private boolean updateAd;
  private boolean pbmte;
  private boolean svnapot;

  /** The result of the translation that succeeded last. */
  long hpa;

  /** log2 of the size of its leaf. */
  int shift;

  /** What it permits: READ, WRITE (only when dirty), EXECUTE. */
  int permissions;

  GStage(PhysicalMemory memory, Pmp pmp, WalkStatistics statistics, MmuConfig config) {
    this.memory = memory;
    this.pmp = pmp;
    this.statistics = statistics;
    this.tables = new WalkCache(config.gWalkCache());
    this.frames = new NestedTlb(config.nested());
  }

  void configure(TranslationState state) {
    levels = Space.levels(state.hgatp);
    root = Space.root(state.hgatp) & -(4L << 12);
    space = Space.gStage(state.hgatp);
    updateAd = state.adue;
    pbmte = state.pbmte;
    svnapot = state.svnapot;
  }

  /** Whether hgatp is Bare: a gpa is a machine address. */
  boolean bare() {
    return levels == 0;
  }

  /** Translates {@code gpa} for an access; the result is in the fields if this is OK. */
  int translate(long gpa, int access, boolean mxr) {
    if (levels == 0) {
      hpa = gpa;
      shift = PteBits.shift(4);
      permissions = PteBits.READ | PteBits.WRITE | PteBits.EXECUTE;
      return Walker.OK;
    }
    if (gpa >>> PteBits.shift(levels) + 2 != 0) {
      return Walker.GUEST_PAGE_FAULT;
    }
    int entry = frames.find(gpa, space);
    if (entry >= 0 && (frames.permissions(entry) & AccessType.pteNeed(access, mxr)) != 0) {
      hpa = frames.frame(entry) | gpa & 4095;
      shift = frames.shift(entry);
      permissions = frames.permissions(entry);
      return Walker.OK;
    }
    return walk(gpa, access, mxr);
  }

  private int walk(long gpa, int access, boolean mxr) {
    int level = levels - 1;
    long table = root;
    for (int cached = 0; cached < levels - 1; cached++) {
      long found = tables.find(gpa, cached, space);
      if (found >= 0) {
        level = cached;
        table = found;
        break;
      }
    }
    while (true) {
      long at = table + (index(gpa, level) << 3);
      if (!Walker.usable(memory, pmp, at, Pmp.READ)) {
        return Walker.ACCESS_FAULT;
      }
      long pte = memory.readLong(at);
      statistics.reference(WalkStatistics.G, level);
      if (PteBits.faults(pte, level, svnapot, pbmte)) {
        return Walker.GUEST_PAGE_FAULT;
      }
      if (PteBits.isLeaf(pte)) {
        int outcome = leaf(gpa, pte, at, level, access, mxr);
        if (outcome == Walker.CHANGED) {
          continue;
        }
        return outcome;
      }
      if (--level < 0) {
        return Walker.GUEST_PAGE_FAULT;
      }
      table = PteBits.address(pte);
      tables.fill(gpa, level, space, table, GuestLeaf.NONE);
    }
  }

  private int leaf(long gpa, long pte, long at, int level, int access, boolean mxr) {
    if ((pte & PteBits.USER) == 0 || (pte & AccessType.pteNeed(access, mxr)) == 0) {
      return Walker.GUEST_PAGE_FAULT;
    }
    int ad = PteBits.accessedDirty(access);
    long updated = pte | ad;
    if (updated != pte) {
      if (!updateAd) {
        return Walker.GUEST_PAGE_FAULT;
      }
      int outcome = Walker.update(memory, pmp, at, pte, updated, statistics);
      if (outcome != Walker.OK) {
        return outcome;
      }
    }
    shift = PteBits.shift(pte, level);
    long offset = (1L << shift) - 1;
    hpa = PteBits.address(pte) & ~offset | gpa & offset;
    permissions = PteBits.cacheable(updated);
    frames.fill(gpa, space, hpa, shift, permissions);
    return Walker.OK;
  }

  /** The VPN of {@code level}; the root's has two bits more. */
  private long index(long gpa, int level) {
    long index = gpa >>> PteBits.shift(level);
    return level == levels - 1 ? index : index & 511;
  }

  void flushAll() {
    tables.flushAll();
    frames.flushAll();
  }

  /** Everything of the VMID in {@code space}. */
  void flushMachine(long space) {
    tables.flushMachine(space);
    frames.flushMachine(space);
  }

  /** Leaves that map {@code gpa}. */
  void flushAddress(long gpa, long space) {
    frames.flushAddress(gpa, space);
  }
}
