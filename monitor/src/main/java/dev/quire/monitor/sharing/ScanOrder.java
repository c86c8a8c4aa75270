package dev.quire.monitor.sharing;

import java.util.SplittableRandom;

/**
 * In which order pages are looked at: each once in a pass, by number from 0. At random, passes
 * differ, and so nobody can tell when a page's turn is. Random are runs of {@link #RUN} pages,
 * since pages that follow each other often lie in frames that do, and have twins that do: reading
 * them in a row takes the host half the time. A pass takes no memory, as its order is a permutation
 * of all numbers of so many bits, of which those that are too great are skipped.
 */
final class ScanOrder {
  private static final int ROUNDS = 3;

  /** Pages that are looked at one after the other. */
  static final int RUN = 16;

  private final boolean isRandom;
  private final SplittableRandom random;
  private final long[] factors = new long[ROUNDS];
  private final long[] summands = new long[ROUNDS];
  private long pages;
  private int shift;
  private long mask;

  /** Runs of this pass that have begun, or were skipped. */
  private long step;

  /** The next page, of the run under way. */
  private long page;

  private long left;
  private long passes;

  /**
   * @param seed of the random order
   */
  ScanOrder(boolean isRandom, long seed) {
    this.isRandom = isRandom;
    this.random = new SplittableRandom(seed);
  }

  /** How many passes have ended. */
  long passes() {
    return passes;
  }

  /** Begins a pass over {@code number} pages, without having ended the last. */
  void begin(long number) {
    pages = number;
    long last = Math.max(1, (number - 1) / RUN);
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(last));
    mask = (1L << bits) - 1;
    shift = bits / 2;
    begin();
  }

  private void begin() {
    step = 0;
    page = 0;
    left = pages;
    for (int i = 0; i < ROUNDS; i++) {
      factors[i] = random.nextLong() | 1;
      summands[i] = random.nextLong();
    }
  }

  /** The next page's number, of this pass or the next; there must be pages. */
  long next() {
    boolean beginsRun = page % RUN == 0 || page >= pages;
    while (beginsRun) {
      page = RUN * (isRandom ? permuted(step) : step);
      step++;
      beginsRun = page >= pages;
    }
    long next = page++;
    if (--left == 0) {
      passes++;
      begin();
    }
    return next;
  }

  /** Each round can be undone, so no two steps give the same. */
  private long permuted(long number) {
    long mixed = number;
    for (int i = 0; i < ROUNDS; i++) {
      mixed = mixed * factors[i] + summands[i] & mask;
      mixed ^= mixed >>> shift;
    }
    return mixed;
  }
}
