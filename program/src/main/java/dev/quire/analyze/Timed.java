package dev.quire.analyze;

import dev.quire.monitor.estimate.Estimator;

/** An estimator and how long it takes. */
final class Timed<E extends Estimator> {
  private final E estimator;
  private long references;
  private long nanos;

  Timed(E estimator) {
    this.estimator = estimator;
  }

  E estimator() {
    return estimator;
  }

  /** Gives it the first {@code count} of some references. */
  void take(long[] times, int[] frames, int[] evicted, int count) {
    long begin = System.nanoTime();
    for (int i = 0; i < count; i++) {
      estimator.miss(times[i], frames[i], evicted[i]);
    }
    nanos += System.nanoTime() - begin;
    references += count;
  }

  /**
   * How many references it takes in a second of this computer, the JVM's first slow ones among
   * them; NaN if there were none.
   */
  double referencesPerSecond() {
    return references * 1e9 / nanos;
  }
}
