package dev.quire.monitor.manager;

import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;
import java.util.SortedMap;
import java.util.TreeMap;

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
  private long droppedSeen;
  private long byBalloon;
  private long bySwap;
  private long fromCache;
  private String why = "";

  Move(PageTraffic traffic) {
    seen = traffic;
  }

  /** What has left so far, in pages, and why, as was said when the last of it left. */
  record Taken(long begun, long byBalloon, long bySwap, long fromCache, String why) {
    long bytes() {
      return (byBalloon + bySwap + fromCache) * Policy.PAGE;
    }

    /** Pages by the way that they took, where there are any. */
    SortedMap<String, Long> ways() {
      SortedMap<String, Long> ways = new TreeMap<>();
      ways.put("by balloon", byBalloon);
      ways.put("by swap", bySwap);
      ways.put("from its cache", fromCache);
      ways.values().removeIf(pages -> pages == 0);
      return ways;
    }
  }

  /**
   * What is to be told now, if anything.
   *
   * @param dropped pages that its cache has lost to others, so far
   * @param reason why memory is taken now
   */
  Taken follow(long now, PageTraffic traffic, long dropped, String reason) {
    long balloon = traffic.balloonFreed() - seen.balloonFreed();
    long swap = evicted(traffic) - evicted(seen);
    long cache = dropped - droppedSeen;
    seen = traffic;
    droppedSeen = dropped;
    if (balloon + swap + cache > 0) {
      if (byBalloon + bySwap + fromCache == 0) {
        begun = now;
      }
      last = now;
      why = reason;
      byBalloon += balloon;
      bySwap += swap;
      fromCache += cache;
    }
    boolean ended = now - last > PAUSE_NANOS || now - begun > LONG_NANOS;
    boolean tells = ended && byBalloon + bySwap + fromCache >= LEAST_PAGES;
    Taken taken =
        tells ? new Taken(begun, byBalloon, bySwap, fromCache, why) : new Taken(begun, 0, 0, 0, "");
    if (ended) {
      byBalloon = 0;
      bySwap = 0;
      fromCache = 0;
    }
    return taken;
  }

  private static long evicted(PageTraffic traffic) {
    return traffic.swappedOut() + traffic.zeroDropped();
  }
}
