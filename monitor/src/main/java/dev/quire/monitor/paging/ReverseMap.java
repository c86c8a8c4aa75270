package dev.quire.monitor.paging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * For each guest frame the entries of hooked tables that refer to it, and for each aligned 2 MiB of
 * guest memory the entries that map it as one page: chains, doubly linked through the tables' own
 * arrays. An entry is named by its node: the table's number and the slot.
 *
 * <pre>
 *   31    9 8   0
 *    table | slot
 * </pre>
 */
final class ReverseMap {
  static final int NONE = -1;

  private static final int SLOT_BITS = 9;

  private final List<@Nullable HookedTable> tables = new ArrayList<>();
  private final List<Integer> freeIds = new ArrayList<>();

  /** First node of each chain: those of frames, then those of blocks. */
  private final int[] heads;

  private final int frames;

  /** For guest frames numbered from 0. */
  ReverseMap(int frames) {
    this.frames = frames;
    this.heads = new int[frames + (frames >>> SLOT_BITS) + 1];
    Arrays.fill(heads, NONE);
  }

  /** The chain of all entries that refer to one frame. */
  int frame(int index) {
    return index;
  }

  /** The chain of the leaves that map a whole block, the one around a frame. */
  int block(int index) {
    return frames + (index >>> SLOT_BITS);
  }

  /** A table that can have entries in chains. */
  HookedTable newTable(int level, long gfn, long hfn) {
    if (freeIds.isEmpty()) {
      HookedTable table = new HookedTable(tables.size(), level, gfn, hfn);
      tables.add(table);
      return table;
    }
    int id = freeIds.removeLast();
    HookedTable table = new HookedTable(id, level, gfn, hfn);
    tables.set(id, table);
    return table;
  }

  /** None of the table's entries is in a chain any more. */
  void forget(HookedTable table) {
    tables.set(table.id, null);
    freeIds.add(table.id);
  }

  /** All tables there are. */
  Iterable<HookedTable> tables() {
    return tables.stream().filter(table -> table != null).toList();
  }

  int first(int chain) {
    return heads[chain];
  }

  int next(int node) {
    return table(node).next[slot(node)];
  }

  HookedTable table(int node) {
    HookedTable table = tables.get(node >>> SLOT_BITS);
    if (table == null) {
      throw new IllegalStateException("table %d is gone".formatted(node >>> SLOT_BITS));
    }
    return table;
  }

  static int node(HookedTable table, int slot) {
    return table.id << SLOT_BITS | slot;
  }

  static int slot(int node) {
    return node & HookedTable.ENTRIES - 1;
  }

  void add(HookedTable table, int slot, int chain) {
    int node = node(table, slot);
    int head = heads[chain];
    table.next[slot] = head;
    table.previous[slot] = ~chain;
    if (head != NONE) {
      table(head).previous[slot(head)] = node;
    }
    heads[chain] = node;
  }

  void remove(HookedTable table, int slot) {
    int next = table.next[slot];
    int previous = table.previous[slot];
    if (previous < 0) {
      heads[~previous] = next;
    } else {
      table(previous).next[slot(previous)] = next;
    }
    if (next != NONE) {
      table(next).previous[slot(next)] = previous;
    }
    table.previous[slot] = HookedTable.FREE;
  }
}
