package dev.quire.monitor.sharing;

import java.util.SplittableRandom;

/**
 * In which order pages are looked at: each once in a pass, by number from 0. At random, passes
 * differ, and so nobody can tell when a page's turn is; a pass takes no memory, as its order is a
 * permutation of the numbers of so many bits, of which those that are too great are skipped.
 */
final class ScanOrder {
  private static final int ROUNDS = 3;

  private final boolean isRandom;
  private final SplittableRandom random;
  private final long[] factors = new long[ROUNDS];
  private final long[] summands = new long[ROUNDS];
  private long pages;
  private int shift;
  private long mask;
  private long step;
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
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(number - 1));
    mask = (1L << bits) - 1;
    shift = bits / 2;
    begin();
  }

  private void begin() {
    step = 0;
    left = pages;
    for (int i = 0; i < ROUNDS; i++) {
      factors[i] = random.nextLong() | 1;
      summands[i] = random.nextLong();
    }
  }

  /** The next page's number, of this pass or the next; there must be pages. */
  long next() {
    long page;
    do {
      page = isRandom ? permuted(step) : step;
      step++;
    } while (page >= pages);
    if (--left == 0) {
      passes++;
      begin();
    }
    return page;
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
