package dev.quire.monitor.estimate;

import java.util.Arrays;

/**
 * Numbers a few values of many, which are 0 or more: one that is added gets an id from 0 to less
 * than the capacity, until it is removed. A hash table with linear probing; at most half of it is
 * in use.
 */
final class LongIds {
  static final int ABSENT = -1;

  private final long[] values;
  private final int[] ids;
  private final int mask;
  private final int[] free;
  private int freeCount;

  LongIds(int capacity) {
    int places = Integer.highestOneBit(Math.max(1, 2 * capacity - 1)) * 2;
    values = new long[places];
    Arrays.fill(values, ABSENT);
    ids = new int[places];
    mask = places - 1;
    free = new int[capacity];
    for (int id = 0; id < capacity; id++) {
      free[id] = id;
    }
    freeCount = capacity;
  }

  /** The value's id, or -1. */
  int find(long value) {
    int place = place(value);
    return values[place] == value ? ids[place] : ABSENT;
  }

  /** The id of a value that had none, while fewer values than the capacity have one. */
  int add(long value) {
    int place = place(value);
    freeCount--;
    values[place] = value;
    ids[place] = free[freeCount];
    return ids[place];
  }

  /** Takes the id of a value that has one away, and returns it. */
  int remove(long value) {
    int hole = place(value);
    int id = ids[hole];
    free[freeCount] = id;
    freeCount++;
    // Whoever was put behind it for its sake moves up.
    for (int i = (hole + 1) & mask; values[i] != ABSENT; i = (i + 1) & mask) {
      int home = home(values[i]);
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        values[hole] = values[i];
        ids[hole] = ids[i];
        hole = i;
      }
    }
    values[hole] = ABSENT;
    return id;
  }

  /** Where the value is, or would be put. */
  private int place(long value) {
    int place = home(value);
    while (values[place] != value && values[place] != ABSENT) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private int home(long value) {
    return (int) ((value * 0x9e3779b97f4a7c15L) >>> Integer.SIZE) & mask;
  }
}
