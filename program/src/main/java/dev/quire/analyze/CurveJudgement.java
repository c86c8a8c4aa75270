package dev.quire.analyze;

import dev.quire.monitor.estimate.MissCurve;
import java.util.stream.IntStream;

/**
 * How far an estimated miss-ratio curve is from the exact one, over the sizes for which both are
 * good; at most 10,000 sizes, evenly spread, are looked at.
 *
 * @param meanError the mean absolute error of the miss ratio over all sizes up to the footprint;
 *     NaN if there are none
 * @param medianMisses the median of |estimated - exact| / exact misses, over the sizes from 10 to
 *     90 % of the footprint; NaN likewise
 */
record CurveJudgement(double meanError, double medianMisses) {
  private static final int MOST_SIZES = 10_000;

  static CurveJudgement of(MissCurve exact, MissCurve estimate) {
    int footprint = footprint(exact);
    double mean =
        sizes(exact, estimate, 0, footprint)
            .mapToDouble(size -> Math.abs(estimate.missRatio(size) - exact.missRatio(size)))
            .average()
            .orElse(Double.NaN);
    double[] errors =
        sizes(exact, estimate, Math.ceilDiv(footprint, 10), (int) (footprint * 9L / 10))
            .mapToDouble(size -> Math.abs(estimate.misses(size) / exact.misses(size) - 1))
            .sorted()
            .toArray();
    return new CurveJudgement(mean, errors.length == 0 ? Double.NaN : median(errors));
  }

  /** How many frames were referenced: an exact curve has no other misses at its end. */
  static int footprint(MissCurve exact) {
    return (int) exact.misses(exact.to());
  }

  private static IntStream sizes(MissCurve exact, MissCurve estimate, int least, int most) {
    int from = Math.max(least, Math.max(exact.from(), estimate.from()));
    int to = Math.min(most, Math.min(exact.to(), estimate.to()));
    int step = Math.max(1, Math.ceilDiv(to - from, MOST_SIZES));
    return from > to
        ? IntStream.empty()
        : IntStream.rangeClosed(0, (to - from) / step).map(i -> from + i * step);
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
