package dev.quire.monitor.paging;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.PteBits;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.V2mPage.PageKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The page tables that the monitor builds in machine memory, from gva to hpa, and the reverse map
 * from each guest frame to the leaves that map it. Leaves are 4 KiB, or 2 MiB where the P2M is
 * contiguous. What is taken back from a table goes to the {@link TlbShootdown}, which the caller
 * finishes. Guarded by the VM's paging lock; the MMU reads at any time, so entries are written
 * whole.
 *
 * <pre>
 *   gfn -> head -> entry -> entry ...     (V2mPage.gfns, next, previous)
 *   entry = page number * 512 + index
 * </pre>
 */
final class V2m {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int NONE = -1;
  private static final int EVICTED_AT_ONCE = 32;

  /** The largest leaf is of this level: 2 MiB. */
  static final int LARGE = 1;

  private final PhysicalMemory machine;
  private final FrameTable frames;
  private final GuestMemory memory;
  private final TlbShootdown tlbs;
  private final int limit;
  private final long firstGfn;

  private final Map<PageKey, V2mPage> pages = new HashMap<>();
  private final List<@Nullable V2mPage> byNumber = new ArrayList<>();
  private final List<Integer> freeNumbers = new ArrayList<>();

  /** Frames of pages that are gone, all zero, which a hart's walk caches may still know. */
  private final List<Long> retired = new ArrayList<>();

  /** Frames that nobody knows any more, all zero. */
  private final List<Long> spare = new ArrayList<>();

  /** By gfn - firstGfn, and by 2 MiB block from there: the first leaf that maps it, or NONE. */
  private final int[] heads;

  private final int[] largeHeads;
  private int hand;

  /**
   * @param limit the number of pages from which on there are too many
   */
  V2m(PhysicalMemory machine, FrameTable frames, GuestMemory memory, TlbShootdown tlbs, int limit) {
    this.machine = machine;
    this.frames = frames;
    this.memory = memory;
    this.tlbs = tlbs;
    this.limit = limit;
    this.firstGfn = memory.base() >>> SHIFT & -GuestMemory.BLOCK_FRAMES;
    int gfns = (int) ((memory.base() + memory.size() >>> SHIFT) - firstGfn);
    this.heads = new int[gfns];
    this.largeHeads = new int[(gfns + GuestMemory.BLOCK_FRAMES - 1) / GuestMemory.BLOCK_FRAMES];
    Arrays.fill(heads, NONE);
    Arrays.fill(largeHeads, NONE);
  }

  // ---- pages -------------------------------------------------------------------------------

  @Nullable V2mPage find(PageKey key) {
    return pages.get(key);
  }

  /** All pages there are, in no order. */
  Iterable<V2mPage> pages() {
    return pages.values();
  }

  /** A new empty page. Throws {@link dev.quire.monitor.memory.OutOfFrames}. */
  V2mPage create(PageKey key) {
    long hfn = spare.isEmpty() ? frames.allocate(Use.TABLE, memory.vm()) : spare.removeLast();
    int number = freeNumbers.isEmpty() ? byNumber.size() : freeNumbers.removeLast();
    V2mPage page = new V2mPage(key, number, hfn);
    if (number == byNumber.size()) {
      byNumber.add(page);
    } else {
      byNumber.set(number, page);
    }
    pages.put(key, page);
    return page;
  }

  V2mPage findOrCreate(PageKey key) {
    V2mPage page = pages.get(key);
    return page != null ? page : create(key);
  }

  /**
   * Removes a page, its entries, and the links to it. Its frame is given back by {@link
   * #finishFlush}.
   */
  void destroy(V2mPage page) {
    while (page.hasParents()) {
      int parent = page.anyParent();
      clear(pageOf(parent), parent % V2mPage.ENTRIES);
    }
    empty(page);
    pages.remove(page.key);
    byNumber.set(page.number, null);
    freeNumbers.add(page.number);
    retired.add(page.hfn);
    tlbs.everything();
  }

  /** Whether pages should be evicted before more are made. */
  boolean isFull() {
    return pages.size() >= limit;
  }

  /** Chooses pages that no fault came through lately; none that {@code isNeeded}. */
  List<V2mPage> victims(Predicate<V2mPage> isNeeded) {
    List<V2mPage> found = new ArrayList<>();
    for (int i = 0; i < 2 * byNumber.size() && found.size() < EVICTED_AT_ONCE; i++) {
      hand = (hand + 1) % byNumber.size();
      V2mPage page = byNumber.get(hand);
      if (page == null || isNeeded.test(page) || found.contains(page)) {
        continue;
      }
      if (page.used) {
        page.used = false;
      } else {
        found.add(page);
      }
    }
    return found;
  }

  /** Finishes the shoot-down; only then can the frames of destroyed pages be used again. */
  void finishFlush() {
    tlbs.finish();
    spare.addAll(retired);
    retired.clear();
  }

  /** Destroys all pages and gives their frames back. */
  void close() {
    for (V2mPage page : List.copyOf(pages.values())) {
      destroy(page);
    }
    finishFlush();
    spare.forEach(frames::release);
    spare.clear();
  }

  /** Adds the numbers of pages of each kind and level to {@code counts}. */
  void count(Map<String, Long> counts) {
    for (V2mPage page : pages.values()) {
      String kind =
          switch (page.key.kind()) {
            case TABLE -> "shadowPages";
            case DIRECT -> "splitPages";
            case SPACE -> "spacePages";
          };
      counts.merge(kind + "Level" + page.level(), 1L, Long::sum);
    }
  }

  // ---- entries -----------------------------------------------------------------------------

  long read(V2mPage page, int index) {
    return machine.readLong(hpa(page, index));
  }

  private void write(V2mPage page, int index, long entry) {
    machine.writeLong(hpa(page, index), entry);
  }

  private static long hpa(V2mPage page, int index) {
    return (page.hfn << SHIFT) + 8L * index;
  }

  /** The page that a non-leaf entry links to. */
  V2mPage linked(V2mPage page, int index) {
    int[] targets = Objects.requireNonNull(page.gfns);
    return Objects.requireNonNull(byNumber.get(targets[index]));
  }

  private V2mPage pageOf(int entry) {
    return Objects.requireNonNull(byNumber.get(entry / V2mPage.ENTRIES));
  }

  /** Makes an entry link to {@code child}, which translates from {@code childGva}. */
  void link(V2mPage page, int index, V2mPage child, long childGva) {
    long entry = child.hfn << PteBits.PPN_SHIFT | PteBits.VALID;
    if (read(page, index) == entry) {
      return;
    }
    replace(page, index);
    ensureSlots(page);
    Objects.requireNonNull(page.gfns)[index] = child.number;
    child.addParent(page.entry(index), childGva);
    page.valid++;
    write(page, index, entry);
  }

  /**
   * Makes an entry a leaf for the page of {@code gfn}, 4 KiB or 2 MiB by the level of {@code page}.
   * The frame is that of the P2M, which populates it.
   *
   * @param bits all of the entry but the frame number
   */
  void setLeaf(V2mPage page, int index, long gfn, long bits) {
    long entry = bits | memory.frameFor(gfn) << PteBits.PPN_SHIFT;
    long old = read(page, index);
    if (old == entry) {
      return;
    }
    if ((old & PteBits.VALID) != 0
        && PteBits.isLeaf(old)
        && Objects.requireNonNull(page.gfns)[index] == gfnIndex(gfn)) {
      write(page, index, entry);
      return;
    }
    replace(page, index);
    ensureSlots(page);
    chain(page, index, gfnIndex(gfn));
    page.valid++;
    write(page, index, entry);
  }

  /**
   * Makes an entry invalid; returns what it was. The TLBs are the caller's affair: a guest that
   * changed its table fences by itself, but a change of the monitor's needs {@link #shootDown}.
   */
  long clear(V2mPage page, int index) {
    long old = read(page, index);
    if ((old & PteBits.VALID) == 0) {
      return old;
    }
    write(page, index, 0);
    page.valid--;
    if (PteBits.isLeaf(old)) {
      unchain(page, index);
    } else {
      linked(page, index).removeParent(page.entry(index));
    }
    return old;
  }

  /** Clears an entry for another; walk caches may know the page that it links to. */
  private void replace(V2mPage page, int index) {
    long old = clear(page, index);
    if ((old & PteBits.VALID) != 0 && !PteBits.isLeaf(old)) {
      tlbs.everything();
    }
  }

  /** Makes all entries invalid. */
  void empty(V2mPage page) {
    for (int i = 0; page.valid > 0 && i < V2mPage.ENTRIES; i++) {
      clear(page, i);
    }
  }

  /** Has the TLBs forget a leaf that was taken back or lost rights. */
  void shootDown(V2mPage page, int index) {
    if (page.hasManyPlaces()) {
      tlbs.everything();
    } else {
      tlbs.address(page.gvaOf(index));
    }
  }

  // ---- the reverse map ---------------------------------------------------------------------

  private int gfnIndex(long gfn) {
    return (int) (gfn - firstGfn);
  }

  private static void ensureSlots(V2mPage page) {
    if (page.gfns == null) {
      page.gfns = new int[V2mPage.ENTRIES];
      page.next = new int[V2mPage.ENTRIES];
      page.previous = new int[V2mPage.ENTRIES];
    }
  }

  private void chain(V2mPage page, int index, int gfn) {
    int[] chains = page.level() == 0 ? heads : largeHeads;
    int at = page.level() == 0 ? gfn : gfn / GuestMemory.BLOCK_FRAMES;
    int head = chains[at];
    Objects.requireNonNull(page.gfns)[index] = gfn;
    Objects.requireNonNull(page.next)[index] = head;
    Objects.requireNonNull(page.previous)[index] = NONE;
    if (head != NONE) {
      Objects.requireNonNull(pageOf(head).previous)[head % V2mPage.ENTRIES] = page.entry(index);
    }
    chains[at] = page.entry(index);
  }

  private void unchain(V2mPage page, int index) {
    int next = Objects.requireNonNull(page.next)[index];
    int previous = Objects.requireNonNull(page.previous)[index];
    if (next != NONE) {
      Objects.requireNonNull(pageOf(next).previous)[next % V2mPage.ENTRIES] = previous;
    }
    if (previous != NONE) {
      Objects.requireNonNull(pageOf(previous).next)[previous % V2mPage.ENTRIES] = next;
      return;
    }
    int gfn = Objects.requireNonNull(page.gfns)[index];
    if (page.level() == 0) {
      heads[gfn] = next;
    } else {
      largeHeads[gfn / GuestMemory.BLOCK_FRAMES] = next;
    }
  }

  /** Whether a leaf maps {@code gfn}, alone or in a block. */
  boolean isMapped(long gfn) {
    int index = gfnIndex(gfn);
    return heads[index] != NONE || largeHeads[index / GuestMemory.BLOCK_FRAMES] != NONE;
  }

  /** Takes all leaves of {@code gfn} back: the caller finishes the shoot-down. */
  void unmap(long gfn) {
    int index = gfnIndex(gfn);
    for (int entry = heads[index]; entry != NONE; entry = heads[index]) {
      V2mPage page = pageOf(entry);
      clear(page, entry % V2mPage.ENTRIES);
      shootDown(page, entry % V2mPage.ENTRIES);
    }
    unmapLarge(gfn);
  }

  /** Takes the right to write {@code gfn} from all leaves; 2 MiB leaves go altogether. */
  void writeProtect(long gfn) {
    for (int entry = heads[gfnIndex(gfn)]; entry != NONE; ) {
      V2mPage page = pageOf(entry);
      int index = entry % V2mPage.ENTRIES;
      long value = read(page, index);
      if ((value & PteBits.WRITE) != 0) {
        write(page, index, value & ~(long) PteBits.WRITE);
        shootDown(page, index);
      }
      entry = Objects.requireNonNull(page.next)[index];
    }
    unmapLarge(gfn);
  }

  private void unmapLarge(long gfn) {
    int block = gfnIndex(gfn) / GuestMemory.BLOCK_FRAMES;
    while (largeHeads[block] != NONE) {
      V2mPage page = pageOf(largeHeads[block]);
      clear(page, largeHeads[block] % V2mPage.ENTRIES);
      tlbs.everything();
    }
  }
}
