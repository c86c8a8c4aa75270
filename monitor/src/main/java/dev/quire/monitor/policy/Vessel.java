package dev.quire.monitor.policy;

import java.util.List;

/**
 * What one VM pays for memory, and so how far memory flows into it. A byte that it uses costs 1, an
 * idle one {@code idleCost}; of two VMs with equal shares, the one that pays less gets more.
 *
 * @param shares what it can pay with
 * @param active bytes that it uses; what it has beyond is idle
 * @param idleCost at least 1
 * @param low bytes that it gets in any case
 * @param high bytes beyond which it gets no more
 */
record Vessel(double shares, double active, double idleCost, long low, long high) {
  /** Halvings that find the level to the page, whatever the sizes and shares. */
  private static final int STEPS = 100;

  /** What {@code bytes} cost. */
  double cost(long bytes) {
    return bytes <= active ? bytes : active + idleCost * (bytes - active);
  }

  /** Shares for each byte it pays for, when it has {@code bytes}. */
  double density(long bytes) {
    return shares / cost(bytes);
  }

  /** Its bytes where each share pays for {@code level}: whole pages, but always within limits. */
  long bytes(double level) {
    double cost = shares * level;
    double bytes = cost <= active ? cost : active + (cost - active) / idleCost;
    return bytes >= high ? high : Math.max(low, (long) bytes / Policy.PAGE * Policy.PAGE);
  }

  /**
   * The highest level, in bytes for each share, to which {@code budget} bytes fill all vessels, as
   * water stands in pipes: one level in all that are between their limits. Infinite if all are
   * full, 0 if already their lows are too much. Fewer than a page for each vessel remain, and the
   * order of the vessels does not matter.
   */
  static double level(List<Vessel> vessels, long budget) {
    if (total(vessels, Double.POSITIVE_INFINITY) <= budget) {
      return Double.POSITIVE_INFINITY;
    }
    double fits = 0;
    double tooHigh = 0;
    for (Vessel vessel : vessels) {
      tooHigh = Math.max(tooHigh, vessel.cost(vessel.high) / vessel.shares);
    }
    for (int step = 0; step < STEPS; step++) {
      double middle = (fits + tooHigh) / 2;
      if (total(vessels, middle) <= budget) {
        fits = middle;
      } else {
        tooHigh = middle;
      }
    }
    return fits;
  }

  private static long total(List<Vessel> vessels, double level) {
    return vessels.stream().mapToLong(vessel -> vessel.bytes(level)).sum();
  }
}
