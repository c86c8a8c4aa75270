package dev.quire.monitor.estimate;

import java.util.Arrays;

/**
 * Numbers a few frames of many: a frame that is added gets an id from 0 to less than the capacity,
 * until it is removed. A hash table with linear probing; at most half of it is in use.
 */
final class FrameIds {
  static final int ABSENT = -1;

  private final int[] frames;
  private final int[] ids;
  private final int mask;
  private final int[] free;
  private int freeCount;

  FrameIds(int capacity) {
    int places = Integer.highestOneBit(Math.max(1, 2 * capacity - 1)) * 2;
    frames = new int[places];
    Arrays.fill(frames, ABSENT);
    ids = new int[places];
    mask = places - 1;
    free = new int[capacity];
    for (int id = 0; id < capacity; id++) {
      free[id] = id;
    }
    freeCount = capacity;
  }

  /** The frame's id, or -1. */
  int find(int frame) {
    int place = place(frame);
    return frames[place] == frame ? ids[place] : ABSENT;
  }

  /** The id of a frame that had none, while fewer frames than the capacity have one. */
  int add(int frame) {
    int place = place(frame);
    freeCount--;
    frames[place] = frame;
    ids[place] = free[freeCount];
    return ids[place];
  }

  /** Takes the id of a frame that has one away, and returns it. */
  int remove(int frame) {
    int hole = place(frame);
    int id = ids[hole];
    free[freeCount] = id;
    freeCount++;
    // Whoever was put behind it for its sake moves up.
    for (int i = (hole + 1) & mask; frames[i] != ABSENT; i = (i + 1) & mask) {
      int home = home(frames[i]);
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        frames[hole] = frames[i];
        ids[hole] = ids[i];
        hole = i;
      }
    }
    frames[hole] = ABSENT;
    return id;
  }

  /** Where the frame is, or would be put. */
  private int place(int frame) {
    int place = home(frame);
    while (frames[place] != frame && frames[place] != ABSENT) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private int home(int frame) {
    int mixed = frame * 0x9e3779b9;
    return (mixed ^ (mixed >>> 15)) & mask;
  }
}
