package dev.quire.monitor.sharing;

import dev.quire.monitor.memory.GuestMemory;
import java.util.Arrays;

/** What a batch has found to be done with pages of one VM. */
final class Merges {
  /** What was done, of all VMs. */
  static final class Counts {
    long zeroDropped;
    long zeroChanged;
    long promoted;
    long merged;
    long failed;
  }

  /** In place of a frame: the page is all zero. */
  private static final long ZERO = -1;

  /** Pairs of a gfn and a frame, one after the other. */
  private static final class Pairs {
    private long[] values = new long[64];
    private int count;

    void add(long gfn, long hfn) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = gfn;
      values[count++] = hfn;
    }
  }

  private final GuestMemory memory;
  private final Pairs hints = new Pairs();
  private final Pairs pages = new Pairs();

  Merges(GuestMemory memory) {
    this.memory = memory;
  }

  /** A page is to be dropped, since it is all zero. */
  void zero(long gfn) {
    pages.add(gfn, ZERO);
  }

  /** A page is to become shared in place. */
  void hint(long gfn, long hfn) {
    hints.add(gfn, hfn);
  }

  /** A page is to map a frame that is shared, or will be. */
  void page(long gfn, long hfn) {
    pages.add(gfn, hfn);
  }

  boolean hasHints() {
    return hints.count > 0;
  }

  boolean hasPages() {
    return pages.count > 0;
  }

  /** Makes hints shared, as far as their pages have the same frame still. */
  void promote(Counts counts) {
    for (int i = 0; i < hints.count; i += 2) {
      long gfn = hints.values[i];
      synchronized (memory) {
        boolean isNew = memory.sharable(gfn) == hints.values[i + 1] && !memory.isShared(gfn);
        if (isNew && memory.share(gfn) >= 0) {
          counts.promoted++;
        }
      }
    }
    hints.count = 0;
  }

  /** Drops pages, and has others map what they are equal to. */
  void merge(Counts counts) {
    for (int i = 0; i < pages.count; i += 2) {
      long gfn = pages.values[i];
      long hfn = pages.values[i + 1];
      if (hfn == ZERO) {
        boolean dropped = memory.dropZero(gfn);
        counts.zeroDropped += dropped ? 1 : 0;
        counts.zeroChanged += dropped ? 0 : 1;
      } else {
        boolean done = memory.shareWith(gfn, hfn);
        counts.merged += done ? 1 : 0;
        counts.failed += done ? 0 : 1;
      }
    }
    pages.count = 0;
  }
}
