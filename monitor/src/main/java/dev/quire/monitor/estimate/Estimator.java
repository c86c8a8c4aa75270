package dev.quire.monitor.estimate;

import dev.quire.monitor.trace.FrameStream;

/**
 * Whoever watches a VM's references to its frames and says how much memory it uses: either how it
 * would do with less or more ({@link CurveEstimator}), or how much of it was in use in a period
 * ({@link WorkingSetEstimator}). One is used by one thread at a time.
 */
public interface Estimator extends FrameStream {
  /** In a word or two, with what tells it from others of its class. */
  String name();

  /** What is worth knowing about how it worked, in a few words; empty if nothing is. */
  default String note() {
    return "";
  }
}
