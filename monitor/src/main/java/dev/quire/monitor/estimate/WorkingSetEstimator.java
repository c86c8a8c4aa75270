package dev.quire.monitor.estimate;

/**
 * How many frames were in use in each of a row of periods. Calls come in this order: {@code begin},
 * the references of the period, {@code end}, {@code begin} with the time at which the last period
 * ended, and so on.
 */
public interface WorkingSetEstimator extends Estimator {
  /**
   * A period begins.
   *
   * @param time nanoseconds of the VM's time
   */
  void begin(long time);

  /**
   * It ends; what was in use in it.
   *
   * @param time nanoseconds of the VM's time
   */
  WorkingSet end(long time);
}
