package dev.quire.monitor.estimate;

import java.util.random.RandomGenerator;

/**
 * Sampling (Waldspurger, OSDI 2002, section 5.3): for each period some frames are chosen at random,
 * and the part of them that is touched stands for the part of all. The interval is Wilson's.
 *
 * <p>On a running VM a touch is seen because the chosen frames' mappings were taken away; here
 * because the stream tells of it. Blind spots: how often a frame is used, and anything finer than
 * the interval, +- 10 points with 100 frames.
 */
public final class SampledWorkingSet implements WorkingSetEstimator {
  private final int sample;
  private final RandomGenerator random;

  /** By frame: chosen, and not touched yet. */
  private final boolean[] waiting;

  /** The frames that are chosen. */
  private final int[] chosen;

  private int touched;

  /**
   * Of a VM that has made no reference.
   *
   * @param frames how many it has
   * @param sample how many of them are chosen for each period, or all if there are fewer
   */
  public SampledWorkingSet(int frames, int sample, RandomGenerator random) {
    this.sample = Math.min(sample, frames);
    this.random = random;
    waiting = new boolean[frames];
    chosen = new int[this.sample];
  }

  @Override
  public String name() {
    return "sampled " + sample;
  }

  /** Floyd's way to choose without replacement (Bentley, CACM 30(9), 1987). */
  @Override
  public void begin(long time) {
    for (int frame : chosen) {
      waiting[frame] = false;
    }
    touched = 0;
    for (int i = 0; i < sample; i++) {
      int last = waiting.length - sample + i;
      int frame = random.nextInt(last + 1);
      chosen[i] = waiting[frame] ? last : frame;
      waiting[chosen[i]] = true;
    }
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    if (waiting[frame]) {
      waiting[frame] = false;
      touched++;
    }
  }

  @Override
  public WorkingSet end(long time) {
    return WorkingSet.ofSample(touched, sample, waiting.length);
  }
}
