package dev.quire.monitor.policy;

/**
 * How much of its memory a VM used lately, as sampling found it: of pages chosen at random, those
 * that it touched (Waldspurger, OSDI 2002, section 5.3).
 *
 * @param fraction the used part of all pages that it could touch, configured - ballooned, 0 to 1:
 *     the greatest of several averages over time, so it may lie above the interval; meaningless if
 *     {@code sampledPages} is 0
 * @param sampledPages of the last sample; 0: not measured yet
 * @param touchedPages how many of them it touched
 * @param low with {@code high}, the 95 % interval of the part that it touched, by the last sample
 *     alone; 0 and 1 if nothing is known
 */
public record Activity(
    double fraction, long sampledPages, long touchedPages, double low, double high) {
  /** Nothing was measured. */
  public static final Activity UNKNOWN = new Activity(0, 0, 0, 0, 1);

  /** Raises IllegalArgumentException for what cannot be. */
  public Activity {
    Checks.require(fraction >= 0 && fraction <= 1, "fraction", fraction);
    Checks.require(sampledPages >= 0, "sampledPages", sampledPages);
    Checks.require(touchedPages >= 0 && touchedPages <= sampledPages, "touchedPages", touchedPages);
    Checks.require(low >= 0 && low <= 1, "low", low);
    Checks.require(high >= low && high <= 1, "high", high);
  }

  public boolean measured() {
    return sampledPages > 0;
  }
}
