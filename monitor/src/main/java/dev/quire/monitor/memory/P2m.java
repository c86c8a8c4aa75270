package dev.quire.monitor.memory;

import java.util.Arrays;

/**
 * The state of each of a VM's guest frames, and how many are in each. Four bytes a guest frame:
 *
 * <pre>
 *   n >= 0   machine frame firstHfn + n, the page's own
 *   n + 2^30 the same, shared: nobody writes it
 *   -1       unpopulated
 *   -2       unpopulated, because the monitor dropped a page of zeros
 *   -3       ballooned
 *   n < -3   swapped, in slot -4 - n
 * </pre>
 *
 * Guest frames are named by index, gfn - first gfn. Guarded by the VM's paging lock.
 */
final class P2m {
  private static final int UNPOPULATED = -1;
  private static final int ZERO = -2;
  private static final int BALLOONED = -3;
  private static final int SLOT_0 = -4;

  /** In an entry that is not negative. */
  private static final int SHARED = 1 << 30;

  private final int[] entries;
  private int privates;
  private int shared;
  private int zero;
  private int ballooned;
  private int swapped;
  private int changes;

  /** All unpopulated. */
  P2m(int frames) {
    entries = new int[frames];
    Arrays.fill(entries, UNPOPULATED);
  }

  int frames() {
    return entries.length;
  }

  boolean hasFrame(int index) {
    return entries[index] >= 0;
  }

  /** The machine frame, from the machine's first; negative if there is none. */
  int frame(int index) {
    int entry = entries[index];
    return entry < 0 ? entry : entry & ~SHARED;
  }

  boolean isShared(int index) {
    return entries[index] >= SHARED;
  }

  /** Whether pages have frames of their own that follow each other. */
  boolean isBlock(int index, int count) {
    for (int i = 0; i < count; i++) {
      int entry = entries[index + i];
      if (entry < 0 || entry >= SHARED || entry != entries[index] + i) {
        return false;
      }
    }
    return true;
  }

  PageState state(int index) {
    int entry = entries[index];
    if (entry >= 0) {
      return entry < SHARED ? PageState.PRIVATE : PageState.SHARED;
    }
    return switch (entry) {
      case UNPOPULATED, ZERO -> PageState.UNPOPULATED;
      case BALLOONED -> PageState.BALLOONED;
      default -> PageState.SWAPPED;
    };
  }

  /** How often an entry was set. */
  int changes() {
    return changes;
  }

  /** The slot of a page that is swapped. */
  int slot(int index) {
    return SLOT_0 - entries[index];
  }

  void setFrame(int index, int frame) {
    set(index, frame);
  }

  void setShared(int index, int frame) {
    set(index, SHARED | frame);
  }

  void setUnpopulated(int index) {
    set(index, UNPOPULATED);
  }

  /** Unpopulated, for the same reason as in another VM's P2M. */
  void setUnpopulatedAs(int index, P2m other) {
    set(index, other.entries[index]);
  }

  void setZero(int index) {
    set(index, ZERO);
  }

  void setBallooned(int index) {
    set(index, BALLOONED);
  }

  void setSwapped(int index, int slot) {
    set(index, SLOT_0 - slot);
  }

  private void set(int index, int entry) {
    changes++;
    count(entries[index], -1);
    entries[index] = entry;
    count(entry, 1);
  }

  private void count(int entry, int change) {
    if (entry >= SHARED) {
      shared += change;
    } else if (entry >= 0) {
      privates += change;
    } else if (entry == ZERO) {
      zero += change;
    } else if (entry == BALLOONED) {
      ballooned += change;
    } else if (entry <= SLOT_0) {
      swapped += change;
    }
  }

  PageCounts counts() {
    int unpopulated = entries.length - privates - shared - ballooned - swapped;
    return new PageCounts(privates, shared, swapped, ballooned, unpopulated, zero);
  }
}
