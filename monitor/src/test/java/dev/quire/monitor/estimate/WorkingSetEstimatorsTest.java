package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WorkingSetEstimatorsTest {
  private static final int FRAMES = 4000;
  private static final int PERIODS = 400;

  /** How an estimator did over many periods, in which other frames are in use each time. */
  private record Judged(double covered, double bias, double error) {}

  private static Judged judge(WorkingSetEstimator estimator, double part) {
    Random random = new Random(3);
    ExactWorkingSet exact = new ExactWorkingSet(FRAMES);
    int covered = 0;
    double bias = 0;
    double error = 0;
    for (int period = 0; period < PERIODS; period++) {
      exact.begin(100L * period);
      estimator.begin(100L * period);
      for (int frame = 0; frame < FRAMES; frame++) {
        if (random.nextDouble() < part) {
          exact.miss(100L * period + 50, frame, -1);
          estimator.miss(100L * period + 50, frame, -1);
          estimator.miss(100L * period + 51, frame, -1);
        }
      }
      double truth = exact.end(100L * (period + 1)).frames();
      WorkingSet seen = estimator.end(100L * (period + 1));
      covered += seen.low() <= truth && truth <= seen.high() ? 1 : 0;
      bias += (seen.frames() - truth) / FRAMES;
      error += Math.abs(seen.frames() - truth) / FRAMES;
    }
    return new Judged((double) covered / PERIODS, bias / PERIODS, error / PERIODS);
  }

  @Test
  void samplesCoverTheTruthAsOftenAsTheySay() {
    for (double part : new double[] {0.1, 0.25, 0.5, 0.65}) {
      Judged judged = judge(new SampledWorkingSet(FRAMES, 100, new SplittableRandom(1)), part);
      assertThat(judged.covered()).as("of %s", part).isBetween(0.92, 0.98);
      assertThat(judged.bias()).as("of %s", part).isCloseTo(0, within(0.008));
    }
  }

  @Test
  void aSampleOfAllIsTheTruth() {
    Judged judged = judge(new SampledWorkingSet(FRAMES, 5000, new SplittableRandom(1)), 0.3);
    assertThat(judged).isEqualTo(new Judged(1, 0, 0));
  }

  @Test
  void everyFrameIsAsLikelyToBeChosen() {
    SampledWorkingSet sampled = new SampledWorkingSet(10, 3, new SplittableRandom(1));
    int[] chosen = new int[10];
    for (int period = 0; period < 10_000; period++) {
      int frame = period % 10;
      sampled.begin(period);
      sampled.miss(period, frame, -1);
      chosen[frame] += sampled.end(period + 1).frames() > 0 ? 1 : 0;
    }
    assertThat(Arrays.stream(chosen)).allMatch(times -> times > 250 && times < 350);
  }

  @Test
  void everyEighthFrameSaysMoreThanAHundred() {
    Judged judged = judge(new AccessedBits(FRAMES), 0.25);
    assertThat(judged.covered()).isBetween(0.92, 0.98);
    assertThat(judged.bias()).isCloseTo(0, within(0.004));
    assertThat(judged.error())
        .isLessThan(
            judge(new SampledWorkingSet(FRAMES, 100, new SplittableRandom(1)), 0.25).error() / 2);
  }

  @Test
  void accessedBitsTakeTheEighthsInTurn() {
    AccessedBits bits = new AccessedBits(20);
    double seen = 0;
    for (int period = 0; period < 8; period++) {
      bits.begin(period);
      bits.miss(period, 3, -1);
      bits.miss(period, 19, 3);
      seen += bits.end(period + 1).frames() > 0 ? 1 : 0;
    }
    assertThat(seen).isEqualTo(1);
  }

  @Test
  void theMaximumIsSmootherAndLiesAbove() {
    SampledWorkingSet raw = new SampledWorkingSet(FRAMES, 100, new SplittableRandom(1));
    Judged judged = judge(new MaximumOfAverages(raw), 0.5);
    assertThat(judged.bias()).isBetween(0.005, 0.015);
    assertThat(judged.error())
        .isLessThan(
            judge(new SampledWorkingSet(FRAMES, 100, new SplittableRandom(1)), 0.5).error());
  }
}
