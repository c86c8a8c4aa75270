package dev.quire.bench;

import dev.quire.monitor.estimate.Wilson;
import dev.quire.monitor.sampling.Estimate;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Estimates of some periods beside the truth. All are parts of the pages that were sampled from, 0
 * to 1.
 */
record Periods(List<Estimate> estimates) {
  private static final double PAGE = 4096;

  /** The part that was touched, exactly. */
  static double truth(Estimate estimate) {
    return estimate.truth() / PAGE / estimate.population();
  }

  /** The part that was accessed, by accessed bits. */
  static double accessed(Estimate estimate) {
    return estimate.accessed() / PAGE / estimate.population();
  }

  double mean(ToDoubleFunction<Estimate> of) {
    return estimates.stream().mapToDouble(of).average().orElseThrow();
  }

  /** Mean of an estimator's error, with its sign. */
  double bias(ToDoubleFunction<Estimate> of) {
    return mean(e -> of.applyAsDouble(e) - truth(e));
  }

  /** Root of the mean of the squared errors. */
  double error(ToDoubleFunction<Estimate> of) {
    return Math.sqrt(mean(e -> Math.pow(of.applyAsDouble(e) - truth(e), 2)));
  }

  /** In what part of the periods the sample's interval covers the truth. */
  double coverage() {
    return mean(e -> covers(e.interval(), truth(e)) ? 1 : 0);
  }

  private static boolean covers(Wilson interval, double truth) {
    return interval.low() <= truth && truth <= interval.high();
  }

  /** Mean width of the intervals. */
  double width() {
    return mean(e -> e.interval().high() - e.interval().low());
  }
}
