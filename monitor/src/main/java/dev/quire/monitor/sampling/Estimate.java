package dev.quire.monitor.sampling;

import dev.quire.monitor.estimate.MovingAverages;
import dev.quire.monitor.estimate.Wilson;
import dev.quire.monitor.memory.Sample;

/**
 * What one period of sampling has found; of the period that runs, so far.
 *
 * @param number counts the periods that ended, from 1; of the running one 0
 * @param begun nanoseconds of the VM's time, as is {@code ended}
 * @param population pages that the sample stands for: all but the ballooned ones
 * @param sampled pages of the sample
 * @param touched how many of these were touched
 * @param slow the slow moving average of the touched part, with this period if it has ended
 * @param fast the fast one, likewise
 * @param running the fast one as if the period that ran when this was asked had ended then
 * @param accessed bytes that were in use by accessed bits ({@link AccessHarvest}); {@link #UNKNOWN}
 *     before the period ends
 * @param truth bytes that were in use; {@link #UNKNOWN} unless the VM was traced all the time
 */
public record Estimate(
    long number,
    long begun,
    long ended,
    int population,
    int sampled,
    int touched,
    double slow,
    double fast,
    double running,
    long accessed,
    long truth) {
  public static final long UNKNOWN = -1;

  private static final long PAGE = 4096;

  static Estimate of(
      long number,
      long begun,
      long ended,
      Sample sample,
      MovingAverages averages,
      double running,
      long accessed,
      long truth) {
    return new Estimate(
        number,
        begun,
        ended,
        sample.population(),
        sample.sampled(),
        sample.touched(),
        averages.slow(),
        averages.fast(),
        averages.withRunning(running),
        accessed,
        truth);
  }

  /** The touched part of a sample; 0 if all of it went to the balloon. */
  static double fraction(Sample sample) {
    return sample.sampled() == 0 ? 0 : (double) sample.touched() / sample.sampled();
  }

  /** The touched part of the sample, 0 to 1. */
  public double fraction() {
    return fraction(new Sample(population, sampled, touched));
  }

  /** Where with 95 % confidence the touched part of all pages lies. */
  public Wilson interval() {
    return Wilson.of(touched, sampled, Math.max(population, sampled));
  }

  /** The part to act on: the greatest of the three averages. */
  public double maximum() {
    return Math.max(running, Math.max(slow, fast));
  }

  /** The same in bytes. */
  public long bytes() {
    return Math.round(maximum() * population) * PAGE;
  }

  /** The same period, with the averages of now. */
  Estimate asOf(Estimate now) {
    return new Estimate(
        number,
        begun,
        ended,
        now.population,
        sampled,
        touched,
        now.slow,
        now.fast,
        now.running,
        accessed,
        truth);
  }
}
