package dev.quire.analyze;

import dev.quire.monitor.estimate.WorkingSet;

/** How far the working sets that an estimator sees are from the exact ones. */
final class PeriodJudgement {
  /** Columns of the series: seconds, and frames as the estimator sees them. */
  static final int TIME = 0;

  static final int SEEN = 1;
  static final int LOW = 2;
  static final int HIGH = 3;

  private final TimeSeries series = new TimeSeries(4);
  private long periods;
  private long withInterval;
  private long covered;
  private double sum;
  private double truths;
  private double errors;

  /**
   * One more period.
   *
   * @param seconds of the VM's time at its end
   */
  void add(double seconds, WorkingSet truth, WorkingSet seen) {
    periods++;
    sum += seen.frames();
    truths += truth.frames();
    errors += Math.abs(seen.frames() - truth.frames());
    if (!Double.isNaN(seen.low())) {
      withInterval++;
      covered += seen.low() <= truth.frames() && truth.frames() <= seen.high() ? 1 : 0;
    }
    series.add(seconds, seen.frames(), seen.low(), seen.high());
  }

  /** The estimates over time. */
  TimeSeries series() {
    return series;
  }

  /** The mean estimate, in frames; NaN if there was no period. */
  double mean() {
    return sum / periods;
  }

  /** By how many frames the mean estimate lies above the mean truth; NaN likewise. */
  double bias() {
    return (sum - truths) / periods;
  }

  /** The mean absolute error, in frames; NaN likewise. */
  double meanError() {
    return errors / periods;
  }

  /** The part of the intervals that covers the truth; NaN if the estimator gives none. */
  double coverage() {
    return (double) covered / withInterval;
  }
}
