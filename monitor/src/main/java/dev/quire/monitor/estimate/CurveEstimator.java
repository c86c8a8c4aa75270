package dev.quire.monitor.estimate;

/** How often the references seen would miss an LRU cache of each size. */
public interface CurveEstimator extends Estimator {
  /** The curve of all references so far. */
  MissCurve curve();
}
