package dev.quire.monitor.paging;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.PteBits;
import dev.quire.monitor.memory.GuestMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The guest's own tables, hooked to the MMU: their entries are translated in place, gfn to hfn, and
 * the guest's every read and write of them comes here. A frame is typed by its level while it is
 * hooked; its count is that of the links to it. Whatever the guest writes it reads back, see {@link
 * HookedTable}.
 *
 * <p>Translated at once is what costs little: leaves of 4 KiB to frames that are there, links to
 * tables that are hooked already. The rest is hidden until a fault asks for it.
 *
 * <p>The MMU may hold on to a table in its walk caches after the last link to it is gone. So a
 * table becomes the guest's memory again only after a flush, in {@link #releaseUnused}. Guarded by
 * the VM's paging lock.
 */
final class HookedTables {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int KEPT = GuestMemory.OWN_READS | GuestMemory.OWN_WRITES;
  private static final int AD = PteBits.ACCESSED | PteBits.DIRTY;
  private static final long PPN = (1L << 44) - 1 << PteBits.PPN_SHIFT;

  /** Most tables that are hooked at a time, and that wait to be given back. */
  private static final int LIMIT = 16_384;

  private static final int UNUSED_LIMIT = 1024;

  /** Links that are followed to find out whether a table is in use. */
  private static final int LONG = 4096;

  private final PhysicalMemory machine;
  private final GuestMemory memory;
  private final V2m v2m;
  private final TlbShootdown tlbs;
  private final Predicate<HookedTable> isActive;
  private final Consumer<HookedTable> rootGone;
  private final ReverseMap map;
  private final long firstGfn;

  /** By gfn. */
  private final @Nullable HookedTable[] byFrame;

  /** Where the monitor's tables are linked to from entries that are set aside, as nodes. */
  private final Map<V2mPage, List<Integer>> parents = new HashMap<>();

  private final Deque<HookedTable> unused = new ArrayDeque<>();
  private final BitSet refused = new BitSet();
  private final int[] countByLevel = new int[GuestWalk.MAX_LEVELS];
  private int count;
  private int steps;
  private int hookings;

  /**
   * @param isActive whether some vCPU's satp is that table
   * @param rootGone is told of a root that is being unhooked: no hart may have it in vsatp
   */
  HookedTables(
      PhysicalMemory machine,
      GuestMemory memory,
      V2m v2m,
      TlbShootdown tlbs,
      Predicate<HookedTable> isActive,
      Consumer<HookedTable> rootGone) {
    this.machine = machine;
    this.memory = memory;
    this.v2m = v2m;
    this.tlbs = tlbs;
    this.isActive = isActive;
    this.rootGone = rootGone;
    int frames = (int) (memory.size() >>> SHIFT);
    this.map = new ReverseMap(frames);
    this.firstGfn = memory.base() >>> SHIFT;
    this.byFrame = new HookedTable[frames];
  }

  // ---- tables ----------------------------------------------------------------------------------

  private int index(long gfn) {
    return (int) (gfn - firstGfn);
  }

  /** The hooked table in a guest frame; null too if that is not RAM. */
  @Nullable HookedTable at(long gfn) {
    long index = gfn - firstGfn;
    return index >= 0 && index < byFrame.length ? byFrame[(int) index] : null;
  }

  /** All of them. */
  Iterable<HookedTable> tables() {
    return map.tables();
  }

  /** How many tables of {@code level} are hooked. */
  int count(int level) {
    return countByLevel[level];
  }

  /** How often a table was hooked. Until then the guest's vCPUs may have been writing it. */
  int hookings() {
    return hookings;
  }

  /** Whether so many tables are hooked that it is time to {@link #reset}. */
  boolean full() {
    return count >= LIMIT;
  }

  // ---- the guest's view ------------------------------------------------------------------------

  private HookedTable tableOf(long gpa) {
    HookedTable table = at(gpa >>> SHIFT);
    if (table == null) {
      throw new IllegalStateException("no table is hooked at gpa 0x%x".formatted(gpa));
    }
    return table;
  }

  private static int slot(long gpa) {
    return (int) (gpa >>> 3) & HookedTable.ENTRIES - 1;
  }

  /** The guest's 8 bytes at {@code gpa}, in a hooked table. */
  long readEntry(long gpa) {
    return guestEntry(tableOf(gpa), slot(gpa));
  }

  /** What the guest wrote last into a slot, with A and D. */
  long guestEntry(HookedTable table, int slot) {
    if (table.isAside(slot)) {
      return table.original(slot);
    }
    long entry = read(table, slot);
    if (table.isHidden(slot)) {
      return entry | PteBits.VALID;
    }
    if ((entry & PteBits.VALID) == 0) {
      return entry;
    }
    long gfn = memory.gfnOf(PteBits.address(entry) >>> SHIFT);
    long global = table.isGlobal(slot) ? PteBits.GLOBAL : 0;
    return entry & ~PPN | gfn << PteBits.PPN_SHIFT | global;
  }

  /** The guest writes 8 bytes at {@code gpa}, in a hooked table. */
  void writeEntry(long gpa, long value) {
    HookedTable table = tableOf(gpa);
    int slot = slot(gpa);
    long old = guestEntry(table, slot);
    if (value == old) {
      return;
    }
    if (table.isAside(slot) && PteBits.isLeaf(old) && (old | value & AD) == value) {
      table.setAside(slot, value);
      return;
    }
    clear(table, slot);
    express(table, slot, value);
    if (unused.size() > UNUSED_LIMIT) {
      releaseUnused();
    }
    v2m.finishFlush();
  }

  // ---- the hardware's entries --------------------------------------------------------------

  long read(HookedTable table, int slot) {
    return machine.readLong(table.entry(slot));
  }

  private void write(HookedTable table, int slot, long value) {
    machine.writeLong(table.entry(slot), value);
  }

  /** The guest's entry as the MMU must see it: with a machine frame, and not global. */
  private static long toHardware(long entry, long hfn) {
    return entry & ~PPN & ~PteBits.GLOBAL | hfn << PteBits.PPN_SHIFT;
  }

  /** The hooked table that a hardware entry links to; null if it is a leaf, or anything else. */
  @Nullable HookedTable child(HookedTable table, int slot) {
    long entry = read(table, slot);
    if ((entry & PteBits.VALID) == 0 || PteBits.isLeaf(entry) || table.isAside(slot)) {
      return null;
    }
    return at(memory.gfnOf(PteBits.address(entry) >>> SHIFT));
  }

  /** Takes a hardware entry out of everything that knows of it; it is written next. */
  private void clear(HookedTable table, int slot) {
    if (table.isAside(slot)) {
      unlinkPage(table, slot);
      table.endAside(slot);
      tlbs.everything();
    }
    if (table.refers(slot)) {
      HookedTable child = child(table, slot);
      map.remove(table, slot);
      if (child != null && --child.links == 0 && !child.root) {
        unused.add(child);
      }
    }
    table.setHidden(slot, false);
    table.setGlobal(slot, false);
  }

  /** Writes the hardware's entry for the guest's into a slot that is clear; whether it is valid. */
  private boolean express(HookedTable table, int slot, long entry) {
    if ((entry & PteBits.VALID) == 0) {
      write(table, slot, entry);
      return false;
    }
    if (!PteBits.faults(entry, table.level, true, true) && refer(table, slot, entry)) {
      table.setGlobal(slot, (entry & PteBits.GLOBAL) != 0);
      return true;
    }
    table.setHidden(slot, true);
    write(table, slot, entry & ~PteBits.VALID);
    return false;
  }

  private boolean refer(HookedTable table, int slot, long entry) {
    long gfn = PteBits.address(entry) >>> SHIFT;
    long hfn = memory.populatedFrame(gfn);
    HookedTable target = at(gfn);
    if (!PteBits.isLeaf(entry)) {
      if (target == null || target.level != table.level - 1) {
        return false;
      }
      target.links++;
    } else if (table.level == 0) {
      // A frame of several gfns, or an entry without its W, could not be read back.
      boolean own = hfn >= 0 && !memory.isReadOnly(gfn);
      if (!own || memory.awaitsTouch(gfn) || target != null || (entry & PteBits.NAPOT) != 0) {
        return false;
      }
    } else {
      return table.level == 1 && hfn >= 0 && referBlock(table, slot, entry, gfn);
    }
    map.add(table, slot, map.frame(index(gfn)));
    write(table, slot, toHardware(entry, hfn));
    return true;
  }

  /** A superpage stays whole where its frames are contiguous and none is a table. */
  private boolean referBlock(HookedTable table, int slot, long entry, long gfn) {
    long hfn = memory.blockFor(gfn);
    if (hfn < 0 || memory.anyKept(gfn)) {
      return false;
    }
    map.add(table, slot, map.block(index(gfn)));
    write(table, slot, toHardware(entry, hfn));
    return true;
  }

  /** Tries again to express what is hidden; whether the hardware's entry is valid now. */
  boolean reveal(HookedTable table, int slot) {
    long entry = guestEntry(table, slot);
    clear(table, slot);
    return express(table, slot, entry);
  }

  /** Hides an entry from the hardware, whatever it was expressed by. */
  private void hide(HookedTable table, int slot) {
    long entry = guestEntry(table, slot);
    clear(table, slot);
    table.setHidden(slot, (entry & PteBits.VALID) != 0);
    write(table, slot, entry & ~PteBits.VALID);
  }

  // ---- entries that are set aside ----------------------------------------------------------

  private void setAside(HookedTable table, int slot) {
    if (!table.isAside(slot)) {
      long entry = guestEntry(table, slot);
      clear(table, slot);
      table.setAside(slot, entry);
      write(table, slot, 0);
    }
  }

  /** Sets an entry aside, and links to a table of the monitor's in its place. */
  void linkPage(HookedTable table, int slot, V2mPage page) {
    setAside(table, slot);
    if (table.page(slot) == page) {
      return;
    }
    if (table.page(slot) != null) {
      unlinkPage(table, slot);
      tlbs.everything();
    }
    table.setPage(slot, page);
    parents.computeIfAbsent(page, key -> new ArrayList<>(1)).add(ReverseMap.node(table, slot));
    write(table, slot, page.hfn << PteBits.PPN_SHIFT | PteBits.VALID);
  }

  private void unlinkPage(HookedTable table, int slot) {
    V2mPage page = table.page(slot);
    if (page == null) {
      return;
    }
    table.setPage(slot, null);
    List<Integer> nodes = parents.get(page);
    if (nodes != null) {
      nodes.remove(Integer.valueOf(ReverseMap.node(table, slot)));
      if (nodes.isEmpty()) {
        parents.remove(page);
      }
    }
  }

  /** A table of the monitor's goes: hides the entries that are set aside for it. */
  void forgetPage(V2mPage page) {
    for (int node : List.copyOf(parents.getOrDefault(page, List.of()))) {
      hide(map.table(node), ReverseMap.slot(node));
    }
  }

  /** Sets aside an entry of a table of leaves, and maps one 4 KiB frame in its place. */
  void mapInPlace(HookedTable table, int slot, long gfn, long bits) {
    setAside(table, slot);
    if (table.refers(slot)) {
      map.remove(table, slot);
    }
    map.add(table, slot, map.frame(index(gfn)));
    write(table, slot, toHardware(bits, memory.frameFor(gfn)));
  }

  // ---- frames ------------------------------------------------------------------------------

  /** Whether a hardware entry refers to a frame, alone or in a block. */
  boolean isReferred(long gfn) {
    return map.first(map.frame(index(gfn))) != ReverseMap.NONE
        || map.first(map.block(index(gfn))) != ReverseMap.NONE;
  }

  /** Makes all hardware entries that refer to a frame invalid; a flush must follow. */
  void hideFrame(long gfn) {
    hideAll(map.frame(index(gfn)));
    hideAll(map.block(index(gfn)));
  }

  private void hideAll(int chain) {
    for (int node = map.first(chain); node != ReverseMap.NONE; node = map.first(chain)) {
      HookedTable table = map.table(node);
      int slot = ReverseMap.slot(node);
      if (table.isAside(slot)) {
        map.remove(table, slot);
        write(table, slot, 0);
      } else {
        hide(table, slot);
      }
      tlbs.everything();
    }
  }

  /** Says whether a frame is never to be hooked: because the guest executes from it. */
  void refuse(long gfn, boolean value) {
    refused.set(index(gfn), value);
  }

  // ---- hooking -----------------------------------------------------------------------------

  /**
   * The guest frame as a hooked table of {@code level}, hooked now if need be; null if it cannot
   * be: outside RAM, refused, or in use at another level.
   */
  @Nullable HookedTable hook(long gfn, int level) {
    if (!memory.contains(gfn << SHIFT, 1) || refused.get(index(gfn))) {
      return null;
    }
    HookedTable table = at(gfn);
    if (table != null && table.level != level && !reachable(table)) {
      unhook(table);
      table = null;
    }
    if (table != null) {
      return table.level == level ? table : null;
    }
    return hookNew(gfn, level);
  }

  private HookedTable hookNew(long gfn, int level) {
    long hfn = memory.frameToWrite(gfn);
    memory.setKept(gfn, KEPT);
    hideFrame(gfn);
    v2m.unmap(gfn);
    flush();
    HookedTable table = map.newTable(level, gfn, hfn);
    byFrame[index(gfn)] = table;
    for (int slot = 0; slot < HookedTable.ENTRIES; slot++) {
      long entry = read(table, slot);
      if ((entry & PteBits.VALID) != 0) {
        express(table, slot, entry);
      }
    }
    count++;
    countByLevel[level]++;
    hookings++;
    return table;
  }

  /** Has all harts forget all translations, and where tables are. */
  private void flush() {
    tlbs.everything();
    v2m.finishFlush();
  }

  /** Whether some vCPU's satp leads to the table; true too if that takes long to find out. */
  boolean reachable(HookedTable table) {
    steps = 0;
    return reachedFrom(table);
  }

  private boolean reachedFrom(HookedTable table) {
    if (isActive.test(table)) {
      return true;
    }
    int chain = map.frame(index(table.gfn));
    for (int node = map.first(chain); node != ReverseMap.NONE; node = map.next(node)) {
      if (++steps > LONG || reachedFrom(map.table(node))) {
        return true;
      }
    }
    return false;
  }

  // ---- unhooking ---------------------------------------------------------------------------

  /** Gives a table back to the guest, whoever links to it. */
  void unhook(HookedTable table) {
    unlink(table);
    releaseUnused();
  }

  /** Gives all tables back to the guest. */
  void reset() {
    for (HookedTable table : tables()) {
      unlink(table);
    }
    releaseUnused();
  }

  private void unlink(HookedTable table) {
    hideFrame(table.gfn);
    if (table.root) {
      table.root = false;
      rootGone.accept(table);
    }
    unused.add(table);
  }

  /** A table is not kept as a root any more. */
  void endRoot(HookedTable table) {
    table.root = false;
    if (table.unused()) {
      unused.add(table);
    }
  }

  /** Gives all tables back that nothing leads to. */
  void releaseUnused() {
    if (unused.isEmpty()) {
      return;
    }
    flush();
    for (HookedTable table = unused.poll(); table != null; table = unused.poll()) {
      if (table.unused() && at(table.gfn) == table) {
        giveBack(table);
      }
    }
    v2m.finishFlush();
  }

  /** Translates a table back, which the MMU cannot walk any more. */
  private void giveBack(HookedTable table) {
    for (int slot = 0; slot < HookedTable.ENTRIES; slot++) {
      long entry = guestEntry(table, slot);
      if (table.isPlain(slot)) {
        continue;
      }
      clear(table, slot);
      write(table, slot, entry);
    }
    byFrame[index(table.gfn)] = null;
    map.forget(table);
    memory.setKept(table.gfn, 0);
    count--;
    countByLevel[table.level]--;
  }
}
