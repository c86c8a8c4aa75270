package dev.quire.machine.mmu;

import java.util.Arrays;

/**
 * What page walks cost, counted by the hart's own thread. A reference is one read of a page-table
 * entry from memory; A/D updates are counted apart. Walks that end in a fault count too.
 */
public final class WalkStatistics {
  /** Stages of {@link #references}: the only one with V=0, the first and the second with V=1. */
  public static final int SINGLE = 0;

  public static final int VS = 1;
  public static final int G = 2;

  /** Walks begun: misses of every TLB. */
  public long walks;

  /** By stage and level; level 0 holds the 4 KiB leaves. */
  public final long[][] references = new long[3][5];

  /** Walks by the number of their references; the last element holds all that were longer. */
  public final long[] histogram = new long[49];

  /** Accessed or dirty bits written by the walker (Svadu). */
  public long adUpdates;

  public long l2Hits;
  public long l2Misses;

  private int current;

  /** References of all stages and levels. */
  public long totalReferences() {
    long total = 0;
    for (long[] stage : references) {
      for (long level : stage) {
        total += level;
      }
    }
    return total;
  }

  /** References of the walk that ended last. */
  public int lastWalk() {
    return current;
  }

  public void reset() {
    walks = 0;
    adUpdates = 0;
    l2Hits = 0;
    l2Misses = 0;
    current = 0;
    Arrays.fill(histogram, 0);
    for (long[] stage : references) {
      Arrays.fill(stage, 0);
    }
  }

  void begin() {
    walks++;
    current = 0;
  }

  void reference(int stage, int level) {
    references[stage][level]++;
    current++;
  }

  void end() {
    histogram[Math.min(current, histogram.length - 1)]++;
  }
}
