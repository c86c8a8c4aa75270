package dev.quire.monitor.estimate;

import java.util.Arrays;

/**
 * The LRU stack below a filter: who left the filter, the latest on top. It tells how many are above
 * one that is taken from it, in logarithmic time (Bennett and Kruskal, IBM J. R&amp;D 19(4), 1975).
 *
 * <p>Each push takes the next of a row of slots, so that slots are in the order of the stack; a
 * Fenwick tree over the slots in use, 64 in a leaf, counts those after one. When the row is full,
 * the slots in use are moved together: as there are twice as many slots as ids, that costs two
 * steps a push.
 */
final class LowerStack {
  private static final int ABSENT = -1;
  private static final int WORD = Long.SIZE;

  private final int[] slotOf;
  private final int[] idOf;
  private final long[] used;

  /** At index i, the slots in use in the {@code i & -i} words of {@code used} before word i. */
  private final int[] tree;

  private int next;
  private int size;

  /** No word before this one has a slot in use. */
  private int lowestWord;

  /**
   * Makes an empty one.
   *
   * @param ids whoever may be in it is numbered from 0 to less than this
   */
  LowerStack(int ids) {
    int words = Math.ceilDiv(2 * Math.max(ids, 1), WORD);
    slotOf = new int[ids];
    Arrays.fill(slotOf, ABSENT);
    idOf = new int[words * WORD];
    used = new long[words];
    tree = new int[words + 1];
  }

  /** How many are in it. */
  int size() {
    return size;
  }

  boolean contains(int id) {
    return slotOf[id] != ABSENT;
  }

  /** The one below all others, while there is one. */
  int lowest() {
    while (used[lowestWord] == 0) {
      lowestWord++;
    }
    return idOf[lowestWord * WORD + Long.numberOfTrailingZeros(used[lowestWord])];
  }

  /** Puts one that is not in it on top. */
  void push(int id) {
    if (next == idOf.length) {
      compact();
    }
    slotOf[id] = next;
    idOf[next] = id;
    used[next / WORD] |= 1L << next;
    count(next / WORD, 1);
    next++;
    size++;
  }

  /** Takes one from it; how many were above, or -1 if it was not there. */
  int take(int id) {
    int slot = slotOf[id];
    if (slot == ABSENT) {
      return ABSENT;
    }
    int word = slot / WORD;
    // The shift counts modulo 64: of the word, the slots before this one.
    int below = Long.bitCount(used[word] & ((1L << slot) - 1));
    for (int i = word; i > 0; i -= i & -i) {
      below += tree[i];
    }
    slotOf[id] = ABSENT;
    used[word] &= ~(1L << slot);
    count(word, -1);
    size--;
    return size - below;
  }

  private void count(int word, int change) {
    for (int i = word + 1; i < tree.length; i += i & -i) {
      tree[i] += change;
    }
  }

  private void compact() {
    int slot = 0;
    for (int word = 0; word < used.length; word++) {
      for (long left = used[word]; left != 0; left &= left - 1) {
        int id = idOf[word * WORD + Long.numberOfTrailingZeros(left)];
        idOf[slot] = id;
        slotOf[id] = slot;
        slot++;
      }
    }
    next = slot;
    lowestWord = 0;
    Arrays.fill(used, 0);
    Arrays.fill(used, 0, slot / WORD, -1L);
    if (slot % WORD != 0) {
      used[slot / WORD] = (1L << slot) - 1;
    }
    Arrays.fill(tree, 0);
    for (int i = 1; i < tree.length; i++) {
      tree[i] += Long.bitCount(used[i - 1]);
      int parent = i + (i & -i);
      if (parent < tree.length) {
        tree[parent] += tree[i];
      }
    }
  }
}
