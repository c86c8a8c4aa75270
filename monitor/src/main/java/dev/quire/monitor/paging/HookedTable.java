package dev.quire.monitor.paging;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the monitor knows of one of the guest's tables that the MMU walks under {@link
 * ProtectedPageTables}. The entries themselves are in the guest's frame; the hardware's entry
 * stands for the guest's in one of four ways:
 *
 * <pre>
 *   guest's entry      hardware's entry
 *   not valid          the same
 *   valid, expressed   the same, with hfn for gfn and without G           global: the guest's G
 *   valid, hidden      the same with V = 0                                hidden
 *   valid, set aside   the link to a table of the monitor's own, a leaf   aside: the guest's entry
 *                      for 4 KiB of a NAPOT page, or 0                    in originals
 * </pre>
 *
 * An entry that refers to a guest frame, as its leaf or as the link to a hooked table, is a member
 * of that frame's chain in the {@link ReverseMap}.
 */
final class HookedTable {
  static final int ENTRIES = 512;

  /** In {@link #previous}: the entry is in no chain. */
  static final int FREE = Integer.MIN_VALUE;

  private static final int WORDS = ENTRIES / Long.SIZE;

  /** Number among all tables; with a slot it names an entry. */
  final int id;

  /** What its entries are: 0 maps 4 KiB pages. */
  final int level;

  final long gfn;

  final long hfn;

  /** How many hardware entries link to it. */
  int links;

  /** Whether it is kept as the root of an address space. */
  boolean root;

  /** Trapped accesses of the guest's since a fault last came through. */
  int touches;

  private final long[] hidden = new long[WORDS];
  private final long[] aside = new long[WORDS];
  private final long[] global = new long[WORDS];
  private long @Nullable [] originals;
  private @Nullable V2mPage @Nullable [] pages;

  /** The chain of each entry, as {@link ReverseMap} has it. */
  final int[] next = new int[ENTRIES];

  final int[] previous = new int[ENTRIES];

  HookedTable(int id, int level, long gfn, long hfn) {
    this.id = id;
    this.level = level;
    this.gfn = gfn;
    this.hfn = hfn;
    Arrays.fill(previous, FREE);
  }

  /** Whether nothing leads to it any more. */
  boolean unused() {
    return links == 0 && !root;
  }

  /** The hpa of an entry. */
  long entry(int slot) {
    return (hfn << 12) + 8L * slot;
  }

  /** Whether an entry refers to a guest frame. */
  boolean refers(int slot) {
    return previous[slot] != FREE;
  }

  /** Whether the hardware's entry is the guest's own: it is not valid. */
  boolean isPlain(int slot) {
    return !refers(slot) && !isAside(slot) && !isHidden(slot);
  }

  private static boolean get(long[] bits, int slot) {
    return (bits[slot >>> 6] >>> slot & 1) != 0;
  }

  private static void set(long[] bits, int slot, boolean value) {
    long bit = 1L << slot;
    bits[slot >>> 6] = value ? bits[slot >>> 6] | bit : bits[slot >>> 6] & ~bit;
  }

  boolean isHidden(int slot) {
    return get(hidden, slot);
  }

  void setHidden(int slot, boolean value) {
    set(hidden, slot, value);
  }

  boolean isGlobal(int slot) {
    return get(global, slot);
  }

  void setGlobal(int slot, boolean value) {
    set(global, slot, value);
  }

  boolean isAside(int slot) {
    return get(aside, slot);
  }

  /** The guest's entry, which {@link #setAside} kept. */
  long original(int slot) {
    return originals == null ? 0 : originals[slot];
  }

  void setAside(int slot, long original) {
    if (originals == null) {
      originals = new long[ENTRIES];
    }
    originals[slot] = original;
    set(aside, slot, true);
  }

  void endAside(int slot) {
    set(aside, slot, false);
  }

  /** The monitor's table that a slot links to, if it is set aside for one. */
  @Nullable V2mPage page(int slot) {
    return pages == null ? null : pages[slot];
  }

  void setPage(int slot, @Nullable V2mPage page) {
    if (pages == null) {
      pages = new V2mPage[ENTRIES];
    }
    pages[slot] = page;
  }

  int asideCount() {
    int count = 0;
    for (long word : aside) {
      count += Long.bitCount(word);
    }
    return count;
  }
}
