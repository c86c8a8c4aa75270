package dev.quire.monitor.estimate;

/**
 * What a policy acts on instead of single periods: the greatest of another estimator's moving
 * averages, as they are when a period has ended. It is smoother, follows growth faster than
 * decline, and is biased upwards ({@link MovingAverages} says by how much); so it has no interval.
 */
public final class MaximumOfAverages implements WorkingSetEstimator {
  private final WorkingSetEstimator periods;
  private MovingAverages averages = MovingAverages.NONE;

  /**
   * Smooths an estimator that nobody else uses.
   *
   * @param periods says what single periods show
   */
  public MaximumOfAverages(WorkingSetEstimator periods) {
    this.periods = periods;
  }

  @Override
  public String name() {
    return periods.name() + ", maximum";
  }

  @Override
  public void begin(long time) {
    periods.begin(time);
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    periods.miss(time, frame, evicted);
  }

  @Override
  public WorkingSet end(long time) {
    averages = averages.after(periods.end(time).frames());
    return WorkingSet.of(averages.maximum());
  }
}
