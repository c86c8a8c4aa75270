package dev.quire.monitor.proxy;

import dev.quire.monitor.estimate.MissCurve;
import java.util.Arrays;

/**
 * Reads by the least size of memory in which they would have hit, in frames. Up to {@link #EXACT}
 * each size counts for itself; beyond, each doubling is {@code EXACT / 2} steps, and a read counts
 * for the largest size of its step.
 *
 * <p>Of some reads it is known that they hit at a large size only, if at all, but only a sample of
 * them is looked up. What is found in the sample is scaled so that the sample stands for all of
 * them, neither more nor less; so the curve has no jump where they begin.
 */
final class HitsBySize {
  /** 1 GiB of frames. */
  static final int EXACT = 1 << 18;

  private static final int EXACT_BITS = Integer.numberOfTrailingZeros(EXACT);

  private final KeptSizes kept = new KeptSizes();
  private double reads;

  /** Hits by step. */
  private double[] near = new double[0];

  private double[] far = new double[0];

  /** Reads that may be hits in {@code far}. */
  private double distant;

  /** What the looked up part of these stands for. */
  private double sampled;

  /** At the read of which the rest is told next the guest kept so much. */
  void kept(int frames) {
    kept.add(frames);
  }

  /** See {@link KeptSizes}: with less, reads would have missed that are not among these. */
  int keptNearlyAlways() {
    return kept.nearlyAlways();
  }

  /** A read that hits sizes from {@code size} on. */
  void hit(long size) {
    reads++;
    near = grown(near, step(size));
    near[step(size)]++;
  }

  /** A read that hits at a large size only, if at all. */
  void distant() {
    reads++;
    distant++;
  }

  /** One of those is in the sample, where it stands for {@code weight} reads. */
  void sampled(double weight) {
    sampled += weight;
  }

  /** And it hits sizes from about {@code size} on. */
  void sampledHit(long size, double weight) {
    far = grown(far, step(size));
    far[step(size)] += weight;
  }

  private static double[] grown(double[] hits, int step) {
    return step < hits.length
        ? hits
        : Arrays.copyOf(hits, Math.max(step + 1, hits.length + hits.length / 4));
  }

  /** Half as many of each. */
  void halve() {
    kept.halve();
    reads /= 2;
    distant /= 2;
    sampled /= 2;
    halve(near);
    halve(far);
  }

  private static void halve(double[] hits) {
    for (int i = 0; i < hits.length; i++) {
      hits[i] /= 2;
    }
  }

  void clear() {
    kept.clear();
    reads = 0;
    distant = 0;
    sampled = 0;
    near = new double[0];
    far = new double[0];
  }

  /** How often all the reads would have missed, for sizes from {@code from} to {@code to}. */
  MissCurve curve(int from, int to) {
    double scale = sampled == 0 ? 0 : distant / sampled;
    int steps = Math.max(near.length, far.length);
    int[] sizes = new int[steps];
    double[] hits = new double[steps];
    int count = 0;
    for (int step = 0; step < steps; step++) {
      double here = at(near, step) + scale * at(far, step);
      if (here != 0) {
        sizes[count] = (int) Math.min(largest(step), Integer.MAX_VALUE);
        hits[count] = here;
        count++;
      }
    }
    return MissCurve.ofSteps(
        Math.round(reads), Arrays.copyOf(sizes, count), Arrays.copyOf(hits, count), from, to);
  }

  private static double at(double[] hits, int step) {
    return step < hits.length ? hits[step] : 0;
  }

  /** Below {@code EXACT} the size itself; then the first bits of it behind how often it doubled. */
  private static int step(long size) {
    int doubled = Math.max(0, Long.SIZE - EXACT_BITS - Long.numberOfLeadingZeros(size));
    return doubled * (EXACT / 2) + (int) (size >>> doubled);
  }

  /** The largest size of a step. */
  private static long largest(int step) {
    int doubled = Math.max(0, step / (EXACT / 2) - 1);
    long first = step - doubled * (long) (EXACT / 2);
    return ((first + 1) << doubled) - 1;
  }
}
