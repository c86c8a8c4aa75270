package dev.quire.census;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Many numbers of 8 bytes each, as sorted runs: a run is sorted when it is full. So growing never
 * copies more than a run.
 */
final class HashRuns {
  private static final int LEAST = 1 << 10;
  private static final int RUN = 1 << 16;

  private final List<long[]> runs = new ArrayList<>();
  private long[] open = new long[0];
  private int count;

  void add(long hash) {
    if (count == RUN) {
      seal();
    }
    if (count == open.length) {
      open = Arrays.copyOf(open, Math.clamp(2L * count, LEAST, RUN));
    }
    open[count++] = hash;
  }

  private void seal() {
    Arrays.sort(open, 0, count);
    runs.add(count == RUN ? open : Arrays.copyOf(open, count));
    open = new long[0];
    count = 0;
  }

  /** All that were added, in runs each of which is sorted. */
  List<long[]> sorted() {
    if (count > 0) {
      seal();
    }
    return runs;
  }

  /** Forgets them all. */
  void clear() {
    runs.clear();
    open = new long[0];
    count = 0;
  }
}
