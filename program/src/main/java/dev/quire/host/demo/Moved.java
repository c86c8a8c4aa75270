package dev.quire.host.demo;

import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;

/**
 * Memory that left guests and came back, in bytes; what leaves twice counts twice.
 *
 * @param byBalloon taken by balloons, counted in machine memory that became free
 * @param swappedOut written to the swap file
 * @param swappedIn read from it
 * @param zero found to be all zero, and dropped
 * @param reported said by guests to be free, and freed
 */
public record Moved(long byBalloon, long swappedOut, long swappedIn, long zero, long reported) {
  static final Moved NONE = new Moved(0, 0, 0, 0, 0);

  static Moved of(PageTraffic traffic) {
    return new Moved(
        traffic.balloonFreed() * Policy.PAGE,
        traffic.swappedOut() * Policy.PAGE,
        traffic.swappedIn() * Policy.PAGE,
        traffic.zeroDropped() * Policy.PAGE,
        traffic.reported() * Policy.PAGE);
  }

  Moved plus(Moved other) {
    return new Moved(
        byBalloon + other.byBalloon,
        swappedOut + other.swappedOut,
        swappedIn + other.swappedIn,
        zero + other.zero,
        reported + other.reported);
  }

  Moved minus(Moved other) {
    return new Moved(
        byBalloon - other.byBalloon,
        swappedOut - other.swappedOut,
        swappedIn - other.swappedIn,
        zero - other.zero,
        reported - other.reported);
  }
}
