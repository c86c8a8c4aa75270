package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShardsTest {
  private static final int FRAMES = 20_000;
  private static final int REFERENCES = 1_000_000;

  @ParameterizedTest
  @EnumSource
  void isExactWhileAllFramesFit(Streams stream) {
    int[] references = stream.references(500, 50_000, 1);
    for (int k : new int[] {1, 30}) {
      Mattson exact = new Mattson(500, k);
      Shards shards = new Shards(500, k, 500, 3);
      Streams.play(references, 500, k, exact);
      Streams.play(references, 500, k, shards);
      assertThat(shards.rate()).isEqualTo(1);
      assertThat(shards.curve().from()).isEqualTo(k);
      for (int size = k; size <= 500; size++) {
        assertThat(shards.curve().misses(size)).isEqualTo(exact.curve().misses(size));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void isCloseToTheTruthWithAFewFrames(Streams stream) {
    int[] references = stream.references(FRAMES, REFERENCES, 2);
    for (int k : new int[] {1, 1024}) {
      Mattson exact = new Mattson(FRAMES, k);
      Streams.play(references, FRAMES, k, exact);
      for (int sMax : new int[] {1024, 8192}) {
        Shards shards = new Shards(FRAMES, k, sMax, 9);
        Streams.play(references, FRAMES, k, shards);
        assertThat(shards.rate()).isBetween(0.9 * sMax / FRAMES, 1.1 * sMax / FRAMES);
        double error = meanError(exact.curve(), shards.curve());
        assertThat(error).as("%s with %d after %d", stream, sMax, k).isLessThan(0.02);
      }
    }
  }

  /** The mean absolute error of the miss ratio over all sizes. */
  private static double meanError(MissCurve exact, MissCurve estimate) {
    double sum = 0;
    for (int size = estimate.from(); size <= FRAMES; size++) {
      sum += Math.abs(exact.missRatio(size) - estimate.missRatio(size));
    }
    return sum / (FRAMES - estimate.from() + 1);
  }

  @Test
  void theErrorOfManySamplesEvensOut() {
    // No loop: its cliff is where a sample's noise does not even out.
    int[] references = Streams.ZIPF.references(3000, 60_000, 4);
    Mattson exact = new Mattson(3000, 16);
    Streams.play(references, 3000, 16, exact);
    double[] sum = new double[3001];
    int samples = 60;
    for (int seed = 0; seed < samples; seed++) {
      Shards shards = new Shards(3000, 16, 200, seed);
      Streams.play(references, 3000, 16, shards);
      MissCurve curve = shards.curve();
      for (int size = 300; size <= 3000; size += 100) {
        sum[size] += curve.missRatio(size) / samples;
      }
    }
    for (int size = 300; size <= 3000; size += 100) {
      double error = Math.abs(sum[size] - exact.curve().missRatio(size));
      assertThat(error).as("at %d frames", size).isLessThan(0.01);
    }
  }

  @Test
  void aSampleOfOneFrameIsPossible() {
    Shards shards = new Shards(100, 1, 1, 0);
    Streams.play(Streams.UNIFORM.references(100, 10_000, 1), 100, 1, shards);
    assertThat(shards.rate()).isLessThan(0.2);
    assertThat(shards.curve().points(50)).isNotEmpty();
  }

  @Test
  void memoryDoesNotDependOnTheSamplesThatCameAndWent() {
    // Ascending frames only: each one new, so the sample changes all the time.
    int[] references = new int[200_000];
    Arrays.setAll(references, i -> i);
    Shards shards = new Shards(references.length, 1, 100, 5);
    Streams.play(references, references.length, 1, shards);
    MissCurve curve = shards.curve();
    assertThat(curve.misses(curve.to())).isBetween(140_000.0, 200_000.0);
    assertThat(shards.rate()).isLessThan(0.001);
  }
}
