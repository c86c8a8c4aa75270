package dev.quire.monitor.memory;

import java.util.BitSet;
import java.util.random.RandomGenerator;

/**
 * Some of a VM's pages, chosen at random, of which is noted whether they are touched. Pages are
 * named by index. Guarded by the VM's paging lock.
 */
final class PageSample {
  /** Chosen, and not touched yet. */
  private final BitSet waiting = new BitSet();

  /** Chosen, and touched since. */
  private final BitSet touched = new BitSet();

  private long touches;

  /**
   * Forgets what was, and chooses {@code wanted} pages, each as likely as any other, or all if
   * there are fewer.
   *
   * @param p2m whose ballooned pages are not chosen
   */
  void begin(RandomGenerator random, int wanted, P2m p2m) {
    int population = population(p2m);
    int sampled = Math.min(wanted, population);
    touched.clear();
    waiting.clear();
    for (int chosen = 0, look = 0; chosen < sampled; look++) {
      int index = sampled < population ? random.nextInt(p2m.frames()) : look;
      if (p2m.state(index) != PageState.BALLOONED && !waiting.get(index)) {
        waiting.set(index);
        chosen++;
      }
    }
  }

  private static int population(P2m p2m) {
    return p2m.frames() - p2m.counts().ballooned();
  }

  /** The pages that wait to be touched. */
  int[] waiting() {
    return waiting.stream().toArray();
  }

  boolean isWaiting(int index) {
    return waiting.get(index);
  }

  /** Whether one of {@code count} pages from {@code first} on waits to be touched. */
  boolean anyWaiting(int first, int count) {
    int next = waiting.nextSetBit(first);
    return next >= 0 && next < first + count;
  }

  /** The guest, or a device for it, uses a page. */
  void touch(int index) {
    if (waiting.get(index)) {
      waiting.clear(index);
      touched.set(index);
      touches++;
    }
  }

  /** How many pages of this sample and those before it were touched; for whoever touches them. */
  long touches() {
    return touches;
  }

  /**
   * The page is the guest's no more: it is as if it had not been chosen. Touched or not, for a
   * guest may write what it is about to give away: Linux zeroes pages for its balloon.
   */
  void leave(int index) {
    waiting.clear(index);
    touched.clear(index);
  }

  /** What came of the sample so far, among the pages that {@code p2m} has not ballooned now. */
  Sample counts(P2m p2m) {
    int count = touched.cardinality();
    return new Sample(population(p2m), count + waiting.cardinality(), count);
  }
}
