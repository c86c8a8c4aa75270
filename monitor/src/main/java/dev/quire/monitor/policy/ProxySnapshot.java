package dev.quire.monitor.policy;

import java.util.List;

/**
 * What the proxy memory of a VM knows: how often the guest would miss with more machine memory, or
 * less. A miss is a page that it reads from a disk. The curve is a staircase: a size between two
 * points misses as often as the smaller one; of sizes before the first and after the last point
 * nothing is known.
 *
 * @param own bytes that the guest keeps for itself, M0, whole pages; what the VM holds beyond is
 *     its cache. 0 if it has no proxy memory
 * @param displaced bytes for which the cache had no room since the last snapshot
 * @param misses the curve of late, in the order of sizes, never rising; empty without proxy memory
 */
public record ProxySnapshot(long own, long displaced, List<Point> misses) {
  /** Of a VM without proxy memory. */
  public static final ProxySnapshot NONE = new ProxySnapshot(0, 0, List.of());

  /**
   * A step of the curve.
   *
   * @param bytes of machine memory for the VM, guest and cache together, whole pages
   * @param perSecond misses in a second of the guest's time
   */
  public record Point(long bytes, double perSecond) {
    /** Raises IllegalArgumentException for what cannot be. */
    public Point {
      Checks.pages("bytes", bytes);
      Checks.require(perSecond >= 0 && Double.isFinite(perSecond), "perSecond", perSecond);
    }
  }

  /** Raises IllegalArgumentException for what cannot be. */
  public ProxySnapshot {
    Checks.pages("own", own);
    Checks.bytes("displaced", displaced);
    misses = List.copyOf(misses);
    for (int i = 1; i < misses.size(); i++) {
      Point before = misses.get(i - 1);
      Point point = misses.get(i);
      Checks.require(point.bytes > before.bytes, "bytes after " + before.bytes, point.bytes);
      Checks.require(
          point.perSecond <= before.perSecond, "perSecond after " + before, point.perSecond);
    }
  }

  /** Whether there is a curve. */
  public boolean knowsMisses() {
    return !misses.isEmpty();
  }

  /**
   * Misses in a second with so many bytes of machine memory, if there is a curve. Outside of its
   * range nothing is known, and this is what is known of its nearest end: with less than the first
   * point a guest may miss any number more.
   */
  public double missesAt(long bytes) {
    double found = misses.getFirst().perSecond;
    for (Point point : misses) {
      found = point.bytes <= bytes ? point.perSecond : found;
    }
    return found;
  }
}
