package dev.quire.monitor.estimate;

import java.util.function.LongPredicate;

/**
 * An LRU stack of keys, numbers of 0 or more, that tells how many are above one that is taken from
 * it, in logarithmic time. About 55 bytes for each key that it has room for.
 */
public final class KeyStack {
  private final int capacity;
  private final LongIds ids;
  private final LowerStack stack;
  private final long[] keys;

  /**
   * Makes an empty one.
   *
   * @param capacity how many keys there is room for, 1 or more
   */
  public KeyStack(int capacity) {
    this.capacity = capacity;
    ids = new LongIds(capacity);
    stack = new LowerStack(capacity);
    keys = new long[capacity];
  }

  public int size() {
    return stack.size();
  }

  public boolean isFull() {
    return stack.size() == capacity;
  }

  /** Puts a key that is not in it on top, while it is not full. */
  public void push(long key) {
    int id = ids.add(key);
    keys[id] = key;
    stack.push(id);
  }

  /** Takes a key from it; how many were above, or -1 if it was not there. */
  public int take(long key) {
    return ids.find(key) == LongIds.ABSENT ? -1 : stack.take(ids.remove(key));
  }

  /** Takes the lowest key from it, while there is one. */
  public long takeLowest() {
    long lowest = keys[stack.lowest()];
    int _ = take(lowest);
    return lowest;
  }

  /** Leaves only the keys that {@code stay}. */
  public void keep(LongPredicate stay) {
    for (int id = 0; id < capacity; id++) {
      if (stack.contains(id) && !stay.test(keys[id])) {
        int _ = take(keys[id]);
      }
    }
  }
}
