package dev.quire.monitor.estimate;

/**
 * How many frames were in use in a period, as an estimator sees it.
 *
 * @param frames the estimate
 * @param low the truth is held to be at least so much; NaN if the estimator does not say
 * @param high and at most so much; NaN likewise
 */
public record WorkingSet(double frames, double low, double high) {
  /** An estimate without an interval. */
  static WorkingSet of(double frames) {
    return new WorkingSet(frames, Double.NaN, Double.NaN);
  }

  /** Of {@code population} frames, {@code sampled} were looked at, of which {@code touched}. */
  static WorkingSet ofSample(int touched, int sampled, int population) {
    Wilson interval = Wilson.of(touched, sampled, population);
    double frames = sampled == 0 ? 0 : (double) population * touched / sampled;
    return new WorkingSet(frames, population * interval.low(), population * interval.high());
  }
}
