package dev.quire.monitor.estimate;

/**
 * From the fractions that single periods show, one that can be acted on: the greatest of a slow
 * moving average, a fast one, and the fast one as if the period that still runs ended now
 * (Waldspurger, OSDI 2002, section 5.3). So it follows growth within a period, for giving memory
 * too late costs a VM much, and decline slowly, for taking it late costs others little.
 *
 * <p>The paper does not publish its gains. Here the fast average moves half of the way to each new
 * fraction: three periods after a step 7/8 of it are done, and a step up shows by half as soon as
 * the running period has seen it. The slow one moves an eighth, and has done 2/3 of a step after
 * eight periods, four minutes with periods of 30 s; of a sample's noise it leaves a quarter, the
 * fast one 58 %.
 *
 * <p>The maximum is biased upwards by design. For a fraction that stays 0.5 and samples of 100
 * pages it lies 0.9 points above it after a period's end, and 1.6 before the next one's; for 0.1 by
 * 0.5 and 0.9. That goes with one over the root of the sample's size.
 *
 * @param slow the slow average, in the unit of what went in; 0 before the first period has ended
 * @param fast the fast average, likewise
 * @param periods how many have ended
 */
public record MovingAverages(double slow, double fast, long periods) {
  public static final double SLOW_GAIN = 1.0 / 8;
  public static final double FAST_GAIN = 1.0 / 2;

  /** Before the first period has ended. */
  public static final MovingAverages NONE = new MovingAverages(0, 0, 0);

  /** The averages after one more period, which showed {@code fraction}. */
  public MovingAverages after(double fraction) {
    return periods == 0
        ? new MovingAverages(fraction, fraction, 1)
        : new MovingAverages(
            slow + SLOW_GAIN * (fraction - slow), withRunning(fraction), periods + 1);
  }

  /**
   * The fast average that includes the running period.
   *
   * @param running what the period has shown so far: touched so far / sampled
   */
  public double withRunning(double running) {
    return periods == 0 ? running : fast + FAST_GAIN * (running - fast);
  }

  /** The greatest of the three. */
  public double maximum(double running) {
    return Math.max(maximum(), withRunning(running));
  }

  /** The greater of the two averages: the maximum at a period's end. */
  public double maximum() {
    return Math.max(slow, fast);
  }
}
