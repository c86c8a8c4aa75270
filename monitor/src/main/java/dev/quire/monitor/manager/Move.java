package dev.quire.monitor.manager;

import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;

/**
 * Memory that leaves a VM, from the step in which it begins to the one in which it ends. Counted in
 * frames that became free.
 */
final class Move {
  /** A move ends when nothing has left for so long. */
  private static final long PAUSE_NANOS = 1_000_000_000;

  /** One that goes on is told of in parts. */
  private static final long LONG_NANOS = 5_000_000_000L;

  /** Less is not worth a sentence. */
  private static final long LEAST_PAGES = 1024;

  private PageTraffic seen;
  private long begun;
  private long last;
  private long byBalloon;
  private long bySwap;
  private String why = "";

  Move(PageTraffic traffic) {
    seen = traffic;
  }

  /** What has left so far, and why, as was said when the last of it left. */
  record Taken(long begun, long byBalloon, long bySwap, String why) {
    long bytes() {
      return (byBalloon + bySwap) * Policy.PAGE;
    }
  }

  /**
   * What is to be told now, if anything.
   *
   * @param reason why memory is taken now
   */
  Taken follow(long now, PageTraffic traffic, String reason) {
    long balloon = traffic.balloonFreed() - seen.balloonFreed();
    long swap = evicted(traffic) - evicted(seen);
    seen = traffic;
    if (balloon + swap > 0) {
      if (byBalloon + bySwap == 0) {
        begun = now;
      }
      last = now;
      why = reason;
      byBalloon += balloon;
      bySwap += swap;
    }
    boolean ended = now - last > PAUSE_NANOS || now - begun > LONG_NANOS;
    boolean tells = ended && byBalloon + bySwap >= LEAST_PAGES;
    Taken taken = tells ? new Taken(begun, byBalloon, bySwap, why) : new Taken(begun, 0, 0, "");
    if (ended) {
      byBalloon = 0;
      bySwap = 0;
    }
    return taken;
  }

  private static long evicted(PageTraffic traffic) {
    return traffic.swappedOut() + traffic.zeroDropped();
  }
}
