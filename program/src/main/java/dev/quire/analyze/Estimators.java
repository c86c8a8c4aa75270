package dev.quire.analyze;

import dev.quire.monitor.estimate.AccessedBits;
import dev.quire.monitor.estimate.CurveEstimator;
import dev.quire.monitor.estimate.ExactWorkingSet;
import dev.quire.monitor.estimate.Mattson;
import dev.quire.monitor.estimate.MaximumOfAverages;
import dev.quire.monitor.estimate.SampledWorkingSet;
import dev.quire.monitor.estimate.Shards;
import dev.quire.monitor.estimate.WorkingSetEstimator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The one list of estimators that {@code quire analyze} judges. Of each kind, the first is the
 * truth that the others are judged against. To have a new one judged, add a line.
 */
final class Estimators {
  /**
   * What estimators are made from.
   *
   * @param frames that the VM has
   * @param filter the frames of the filter that leaves the stream
   * @param sMax the most frames that SHARDS follows
   * @param sample the frames that are sampled in each period
   * @param seed of whatever is random
   */
  record Settings(int frames, int filter, int sMax, int sample, long seed) {}

  private Estimators() {}

  /** How often each size of memory would miss. */
  static List<CurveEstimator> ofCurves(Settings s) {
    return List.of(
        new Mattson(s.frames(), s.filter()),
        new Shards(s.frames(), s.filter(), s.sMax(), s.seed()));
  }

  /** How many frames are in use in each period. */
  static List<WorkingSetEstimator> ofWorkingSets(Settings s) {
    return List.of(
        new ExactWorkingSet(s.frames()),
        sampled(s),
        new MaximumOfAverages(sampled(s)),
        new AccessedBits(s.frames()));
  }

  private static SampledWorkingSet sampled(Settings s) {
    return new SampledWorkingSet(s.frames(), s.sample(), new SplittableRandom(s.seed()));
  }
}
