package dev.quire.monitor.manager;

import dev.quire.monitor.memory.GuestMemory;

/**
 * How much of what a VM holds is in use, by accessed bits: each look takes every eighth page, in
 * turn, and finds what was accessed since that page's last look, eight looks ago. The estimate is
 * the greater of the whole round and its last two looks, so that a VM that wakes up is seen soon.
 *
 * <p>Blind spots: how often a page was used; and right after a look that finds much, pages count as
 * used for eight more periods.
 */
final class AccessHistory {
  private static final int LOOKS = 8;
  private static final int LAST = 2;

  private final GuestMemory memory;
  private final int[] pages = new int[LOOKS];
  private final int[] accessed = new int[LOOKS];
  private int next;

  AccessHistory(GuestMemory memory) {
    this.memory = memory;
  }

  /** One look, while no vCPU runs. */
  void look() {
    GuestMemory.Looked looked = memory.look(next, LOOKS);
    pages[next] = looked.pages();
    accessed[next] = looked.accessed();
    next = (next + 1) % LOOKS;
  }

  /** How many pages the estimate rests on; 0 if nothing was looked at yet. */
  int sampled() {
    return sum(pages, LOOKS);
  }

  /** The part of the pages with frames that is in use, 0 to 1. */
  double fraction() {
    return Math.max(fraction(LOOKS), fraction(LAST));
  }

  private double fraction(int looks) {
    int seen = sum(pages, looks);
    return seen == 0 ? 0 : (double) sum(accessed, looks) / seen;
  }

  /** Of the last {@code looks} looks. */
  private int sum(int[] values, int looks) {
    int sum = 0;
    for (int i = 1; i <= looks; i++) {
      sum += values[(next - i + LOOKS) % LOOKS];
    }
    return sum;
  }
}
