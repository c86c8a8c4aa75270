package dev.quire.monitor.paging;

import dev.quire.machine.mmu.PteBits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One page table that the monitor built and the MMU walks: a frame with 512 entries, and beside it
 * what the monitor must know to take entries back. Guarded by the VM's paging lock.
 */
final class V2mPage {
  static final int ENTRIES = 512;

  private static final int FEW_PARENTS = 2;

  /** What a page's entries are made from. */
  enum PageKind {
    /** The guest's table in frame {@code where}. */
    TABLE,
    /** A range of gpas that starts at {@code where} and that one guest leaf maps, or Bare mode. */
    DIRECT,
    /** Translations of address space {@code flags} from gva {@code where}, as a TLB holds them. */
    SPACE
  }

  /**
   * Names a page.
   *
   * @param where a gfn, gpa or gva, by kind
   * @param level 0 for a table of 4 KiB leaves
   * @param flags the entry bits that DIRECT leaves have; the number of the address space of SPACE
   */
  record PageKey(PageKind kind, long where, int level, long flags) {}

  final PageKey key;

  /** Index of this page among all; with an entry's index it names the entry. */
  final int number;

  /** The frame that holds the entries. */
  final long hfn;

  /** Names of the entries that link here. */
  private int[] parents = new int[FEW_PARENTS];

  private int parentCount;

  /** The gva of entry 0, while all links agree about it. */
  private long gva;

  private boolean placed;
  private boolean manyPlaces;

  /** Valid entries. */
  int valid;

  /** Whether a fault came through here since eviction last looked. */
  boolean used;

  /** Of a leaf in each slot: the gfn, and its neighbours in that gfn's chain. */
  int @Nullable [] gfns;

  int @Nullable [] next;
  int @Nullable [] previous;

  V2mPage(PageKey key, int number, long hfn) {
    this.key = key;
    this.number = number;
    this.hfn = hfn;
  }

  int level() {
    return key.level();
  }

  boolean isDirect() {
    return key.kind() == PageKind.DIRECT;
  }

  /** The name of entry {@code index}. */
  int entry(int index) {
    return number * ENTRIES + index;
  }

  // ---- links -------------------------------------------------------------------------------

  /** Entry {@code parent} links here, for addresses from {@code childGva}. */
  void addParent(int parent, long childGva) {
    if (parentCount == parents.length) {
      parents = Arrays.copyOf(parents, 2 * parentCount);
    }
    parents[parentCount++] = parent;
    manyPlaces |= placed && gva != childGva;
    gva = childGva;
    placed = true;
  }

  void removeParent(int parent) {
    for (int i = 0; i < parentCount; i++) {
      if (parents[i] == parent) {
        parents[i] = parents[--parentCount];
        return;
      }
    }
    throw new IllegalStateException("page %d is not linked from %d".formatted(number, parent));
  }

  boolean hasParents() {
    return parentCount > 0;
  }

  /** Any of the entries that link here. */
  int anyParent() {
    return parents[parentCount - 1];
  }

  /** Whether this page stands at more than one gva, so that its entries have no single one. */
  boolean hasManyPlaces() {
    return manyPlaces;
  }

  /** The gva that entry {@code index} maps, unless there are many. */
  long gvaOf(int index) {
    return gva + ((long) index << PteBits.shift(level()));
  }

  static int index(long address, int level) {
    return (int) (address >>> PteBits.shift(level)) & (ENTRIES - 1);
  }
}
