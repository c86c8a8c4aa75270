package dev.quire.monitor.sharing;

/**
 * From a page's 64-bit key to the one frame that stands for all pages of this content: open
 * addressing with linear probing. Frames are named by index, from 0 at the machine's first.
 *
 * <pre>
 *   keys    by frame: the key that it had when it was last seen, or NONE     8 bytes a frame
 *   slots   by key: index of the frame whose key that is, + 1; 0 empty       8 bytes a frame
 * </pre>
 *
 * A frame has one key, and at most one slot, so that the table is at most half full, whatever
 * guests do. Entries are only hints: a frame may have changed, or be another's, since it was seen.
 * For one thread.
 */
final class SharingTable {
  /** The key of a frame that was not seen yet; no page's key. */
  static final long NONE = 0;

  private final long[] keys;
  private final int[] slots;

  SharingTable(int frames) {
    keys = new long[frames];
    slots = new int[2 * frames];
  }

  /** The key that the frame had when it was last seen, or {@link #NONE}. */
  long key(int frame) {
    return keys[frame];
  }

  /** The frame that stands for {@code key}, or -1 if none does. */
  int find(long key) {
    for (int slot = home(key); slots[slot] != 0; slot = next(slot)) {
      int frame = slots[slot] - 1;
      if (keys[frame] == key) {
        return frame;
      }
    }
    return -1;
  }

  /** Says which key a frame has now; it stands for its old one no more. */
  void seen(int frame, long key) {
    if (keys[frame] != key) {
      drop(frame);
      keys[frame] = key;
    }
  }

  /** Has a frame stand for its key, for which none stands yet. */
  void insert(int frame) {
    int slot = home(keys[frame]);
    while (slots[slot] != 0) {
      slot = next(slot);
    }
    slots[slot] = frame + 1;
  }

  /** Has a frame stand for nothing, if it did; what its key was is still known. */
  void drop(int frame) {
    if (keys[frame] == NONE) {
      return;
    }
    for (int slot = home(keys[frame]); slots[slot] != 0; slot = next(slot)) {
      if (slots[slot] == frame + 1) {
        close(slot);
        return;
      }
    }
  }

  /** Empties a slot, and moves later entries up that would not be found behind a gap. */
  private void close(int slot) {
    int gap = slot;
    for (int at = next(gap); slots[at] != 0; at = next(at)) {
      int home = home(keys[slots[at] - 1]);
      boolean isBehindGap = gap < at ? gap < home && home <= at : gap < home || home <= at;
      if (!isBehindGap) {
        slots[gap] = slots[at];
        gap = at;
      }
    }
    slots[gap] = 0;
  }

  private int home(long key) {
    return (int) Math.unsignedMultiplyHigh(key, slots.length);
  }

  private int next(int slot) {
    return slot + 1 == slots.length ? 0 : slot + 1;
  }
}
