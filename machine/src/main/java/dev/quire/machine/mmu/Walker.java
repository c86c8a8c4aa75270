package dev.quire.machine.mmu;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The page-table walk (privileged manual, "Virtual Address Translation Process") for one stage or
 * two. It returns a value and leaves the translation, or what is to be said of the fault, in its
 * fields.
 */
final class Walker {
  static final int OK = 0;
  static final int PAGE_FAULT = 1;
  static final int GUEST_PAGE_FAULT = 2;
  static final int ACCESS_FAULT = 3;

  /** Another hart changed the entry between its reading and its update: read it again. */
  static final int CHANGED = 4;

  /** An A/D update needs the guest-physical address of a table that the walk cache skipped. */
  private static final int RESTART = 5;

  /** Values of {@link #implicit}: the transformed instruction for htinst. */
  static final int EXPLICIT = 0;

  static final int IMPLICIT_READ = 0x3000;
  static final int IMPLICIT_WRITE = 0x3020;

  private final PhysicalMemory memory;
  private final Pmp pmp;
  private final WalkStatistics statistics;
  private final WalkCache tables;
  final GStage gStage;

  /** The tables of one first stage: satp's, or vsatp's. */
  private static final class Stage {
    int levels;
    long root;
    long space;
    boolean updateAd;
    boolean pbmte;
  }

  private final Stage host = new Stage();
  private final Stage guest = new Stage();
  private boolean svnapot;

  /** The first stage's walk under way: the table, its level, and the entry's machine address. */
  private long table;

  private int level;
  private long pteHpa;

  /** Whether {@link #table} came from the walk cache, so that it is a machine address. */
  private boolean fromCache;

  private @Nullable ReferenceListener references;

  /** The machine address of the byte asked for. */
  long hpa;

  /** log2 of the page that the translation holds for, and of the first stage's leaf. */
  int shift;

  int firstShift;

  /** The second stage's leaf for the byte asked for. */
  long guestLeaf;

  /** What a TLB may keep: READ, WRITE (only when dirty), EXECUTE, USER, GLOBAL. */
  int permissions;

  /** After a guest-page fault: the guest-physical address, and whose access it was. */
  long faultGpa;

  int implicit;

  Walker(PhysicalMemory memory, Pmp pmp, WalkStatistics statistics, MmuConfig config) {
    this.memory = memory;
    this.pmp = pmp;
    this.statistics = statistics;
    this.tables = new WalkCache(config.vsWalkCache());
    this.gStage = new GStage(memory, pmp, statistics, config);
  }

  /** Says who is told of the entries of the first stage that are read; null if nobody. */
  void trace(@Nullable ReferenceListener listener) {
    references = listener;
  }

  void configure(TranslationState state) {
    configure(host, state.satp, Space.host(state.satp), state.adue, state.pbmte);
    configure(
        guest, state.vsatp, Space.guest(state.vsatp, state.hgatp), state.vsAdue, state.vsPbmte);
    svnapot = state.svnapot;
    gStage.configure(state);
  }

  private static void configure(Stage stage, long atp, long space, boolean adue, boolean pbmte) {
    stage.levels = Space.levels(atp);
    stage.root = Space.root(atp);
    stage.space = space;
    stage.updateAd = adue;
    stage.pbmte = pbmte;
  }

  long space(boolean virtual) {
    return virtual ? guest.space : host.space;
  }

  /** Whether virtual addresses are physical ones in {@code mode}: they are not translated. */
  boolean bare(int mode) {
    if (Mode.virtual(mode)) {
      return guest.levels == 0 && gStage.bare();
    }
    return host.levels == 0 || Mode.privilege(mode) == Privilege.M;
  }

  /** Whether {@code mode} has no first stage whose USER bit would have to be checked. */
  boolean firstBare(int mode) {
    return Mode.virtual(mode) && guest.levels == 0;
  }

  /** Translates {@code gva}; one of {@link #OK}, {@link #PAGE_FAULT} and so on. */
  int walk(long gva, int access, int mode) {
    statistics.begin();
    int outcome;
    if (firstBare(mode)) {
      outcome = guestPhysicalOnly(gva, access, mode);
    } else {
      Stage stage = Mode.virtual(mode) ? guest : host;
      outcome = firstStage(stage, gva, access, mode, true);
      if (outcome == RESTART) {
        outcome = firstStage(stage, gva, access, mode, false);
      }
    }
    statistics.end();
    return outcome;
  }

  /** VS stage Bare: the G stage alone decides. */
  private int guestPhysicalOnly(long gpa, int access, int mode) {
    firstShift = PteBits.shift(0);
    shift = PteBits.shift(4);
    permissions = PteBits.READ | PteBits.WRITE | PteBits.EXECUTE;
    return finish(gpa, access, mode);
  }

  private int firstStage(Stage stage, long gva, int access, int mode, boolean useCache) {
    if (!PteBits.canonical(gva, stage.levels)) {
      return PAGE_FAULT;
    }
    boolean nested = stage == guest && !gStage.bare();
    int counter = stage == guest ? WalkStatistics.VS : WalkStatistics.SINGLE;
    start(stage, gva, useCache);
    int global = 0;
    while (true) {
      long pteAddress = table + ((gva >>> PteBits.shift(level) & 511) << 3);
      pteHpa = pteAddress;
      long tableLeaf = GuestLeaf.NONE;
      if (nested && !fromCache) {
        int outcome = tableAccess(pteAddress, AccessType.LOAD, IMPLICIT_READ);
        if (outcome != OK) {
          return outcome;
        }
        pteHpa = gStage.hpa;
        tableLeaf = GuestLeaf.of(pteAddress, gStage.shift);
      }
      if (!usable(memory, pmp, pteHpa, Pmp.READ)) {
        return ACCESS_FAULT;
      }
      if (!fromCache && (nested || level < stage.levels - 1)) {
        tables.fill(gva, level, stage.space, pteHpa & -4096L, tableLeaf);
      }
      long pte = memory.readLong(pteHpa);
      statistics.reference(counter, level);
      if (references != null) {
        references.walked(gva, pteHpa);
      }
      if (PteBits.faults(pte, level, svnapot, stage.pbmte)) {
        return PAGE_FAULT;
      }
      global |= (int) pte & PteBits.GLOBAL;
      if (PteBits.isLeaf(pte)) {
        int outcome = leaf(stage, gva, access, mode, pte, pteAddress);
        if (outcome == CHANGED) {
          continue;
        }
        permissions |= global;
        return outcome;
      }
      if (--level < 0) {
        return PAGE_FAULT;
      }
      table = PteBits.address(pte);
      fromCache = false;
    }
  }

  /** Begins at the deepest table that the walk cache knows, else at the root. */
  private void start(Stage stage, long gva, boolean useCache) {
    level = stage.levels - 1;
    table = stage.root;
    fromCache = false;
    for (int i = 0; useCache && i < stage.levels; i++) {
      long found = tables.find(gva, i, stage.space);
      if (found >= 0) {
        level = i;
        table = found;
        fromCache = true;
        return;
      }
    }
  }

  /** Steps 6 to 10, for the leaf {@code pte} at {@link #pteHpa}. */
  private int leaf(Stage stage, long gva, int access, int mode, long pte, long pteAddress) {
    if (!Mode.permits(pte, access, mode)) {
      return PAGE_FAULT;
    }
    long updated = pte | PteBits.accessedDirty(access);
    if (updated != pte) {
      if (!stage.updateAd) {
        return PAGE_FAULT;
      }
      int outcome = update(stage, pte, updated, pteAddress);
      if (outcome != OK) {
        return outcome;
      }
    }
    firstShift = PteBits.shift(pte, level);
    shift = firstShift;
    permissions = PteBits.cacheable(updated);
    long offset = (1L << shift) - 1;
    return finish(PteBits.address(pte) & ~offset | gva & offset, access, mode);
  }

  /** Sets A and D in a first-stage leaf, which the G stage must allow as a store. */
  private int update(Stage stage, long pte, long updated, long pteAddress) {
    if (stage == guest && !gStage.bare()) {
      if (fromCache) {
        return RESTART;
      }
      if ((gStage.permissions & PteBits.WRITE) == 0) {
        int outcome = tableAccess(pteAddress, AccessType.STORE, IMPLICIT_WRITE);
        if (outcome != OK) {
          return outcome;
        }
      }
    }
    return update(memory, pmp, pteHpa, pte, updated, statistics);
  }

  /** An access to a table of the VS stage, which the G stage checks as a load or store. */
  private int tableAccess(long gpa, int access, int instruction) {
    int outcome = gStage.translate(gpa, access, false);
    if (outcome != OK) {
      faultGpa = gpa;
      implicit = instruction;
    }
    return outcome;
  }

  /** From what the first stage gave to the machine address. */
  private int finish(long pa, int access, int mode) {
    hpa = pa;
    guestLeaf = GuestLeaf.NONE;
    if (Mode.virtual(mode)) {
      int outcome = gStage.translate(pa, access, Mode.gMxr(mode));
      if (outcome != OK) {
        faultGpa = pa;
        implicit = EXPLICIT;
        return outcome;
      }
      hpa = gStage.hpa;
      shift = Math.min(shift, gStage.shift);
      guestLeaf = GuestLeaf.of(pa, gStage.shift);
      permissions &= gStage.permissions | PteBits.USER | PteBits.GLOBAL;
    }
    return OK;
  }

  /** Whether the walker may read or write an entry there: RAM, and allowed by PMP to S-mode. */
  static boolean usable(PhysicalMemory memory, Pmp pmp, long hpa, int need) {
    return memory.contains(hpa, 8) && pmp.check(hpa, 8, need, Privilege.S) == Pmp.ALLOW;
  }

  /** Step 9: replaces an entry by itself with A or D set, unless it changed since it was read. */
  static int update(
      PhysicalMemory memory, Pmp pmp, long hpa, long pte, long updated, WalkStatistics count) {
    if (!usable(memory, pmp, hpa, Pmp.WRITE)) {
      return ACCESS_FAULT;
    }
    if (!memory.compareAndSetLong(hpa, pte, updated)) {
      return CHANGED;
    }
    count.adUpdates++;
    return OK;
  }

  void flushAll() {
    tables.flushAll();
    gStage.flushAll();
  }

  /** First-stage tables of the machine of {@code space}. */
  void flushMachine(long space) {
    tables.flushMachine(space);
  }

  /** What is found through the second stage's leaf for {@code gpa}, in the machine of a guest. */
  void flushGuestPhysical(long gpa, long space) {
    tables.flushGuestPhysical(gpa, space);
    gStage.flushAddress(gpa, space);
  }

  /** First-stage tables of one address space. */
  void flushSpace(long space) {
    tables.flushSpace(space);
  }
}
