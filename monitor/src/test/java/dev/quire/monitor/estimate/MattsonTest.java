package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MattsonTest {
  private static final int REFERENCES = 6000;

  @ParameterizedTest
  @EnumSource
  void missesAsAnLruOfEverySizeDoesBehindEveryFilter(Streams stream) {
    for (int frames : new int[] {1, 2, 31, 70, 200}) {
      int[] references = stream.references(frames, REFERENCES, frames);
      long[] misses = missesOfLru(frames, references);
      for (int k : new int[] {1, 2, 7, 64, 150}) {
        Mattson mattson = new Mattson(frames, k);
        Streams.play(references, frames, k, mattson);
        MissCurve curve = mattson.curve();
        assertThat(curve.from()).isEqualTo(k);
        assertThat(curve.to()).isEqualTo(Math.max(k, frames));
        assertThat(curve.references()).isEqualTo(misses[Math.min(k, frames)]);
        for (int size = k; size <= frames; size++) {
          assertThat(curve.misses(size))
              .as("%d frames after %d", size, k)
              .isEqualTo((double) misses[size]);
        }
      }
    }
  }

  /** By size, of a list in the order of use. */
  private static long[] missesOfLru(int frames, int[] references) {
    long[] misses = new long[frames + 1];
    List<Integer> stack = new ArrayList<>();
    for (int frame : references) {
      int place = stack.indexOf(frame);
      for (int size = 0; size <= frames; size++) {
        misses[size] += place < 0 || place >= size ? 1 : 0;
      }
      if (place >= 0) {
        stack.subList(place, place + 1).clear();
      }
      stack.addFirst(frame);
    }
    return misses;
  }

  @Test
  void aVmThatDoesNothingMissesNothing() {
    MissCurve curve = new Mattson(100, 8).curve();
    assertThat(curve.misses(8)).isZero();
    assertThat(curve.missRatio(100)).isZero();
    assertThat(curve.points(10))
        .containsExactly(new MissCurve.Point(8, 0), new MissCurve.Point(100, 0));
  }

  @Test
  void aCurveSaysNothingOutsideItsRange() {
    MissCurve curve = new Mattson(100, 8).curve();
    assertThatThrownBy(() -> curve.misses(7)).hasMessage("7 frames: known from 8 to 100");
    assertThatThrownBy(() -> curve.misses(101)).hasMessage("101 frames: known from 8 to 100");
  }

  @Test
  void fewPointsDrawTheCurve() {
    int frames = 5000;
    Mattson mattson = new Mattson(frames, 10);
    Streams.play(Streams.ZIPF.references(frames, 60_000, 3), frames, 10, mattson);
    MissCurve curve = mattson.curve();
    List<MissCurve.Point> points = curve.points(100);
    assertThat(points).hasSizeBetween(100, 202);
    assertThat(points.getFirst()).isEqualTo(new MissCurve.Point(10, curve.references()));
    assertThat(points.getLast().frames()).isEqualTo(frames);
    for (MissCurve.Point point : points) {
      assertThat(curve.misses(point.frames())).isEqualTo(point.misses());
    }
    for (int i = 1; i < points.size(); i++) {
      double drawn = points.get(i - 1).misses();
      for (int size = points.get(i - 1).frames(); size < points.get(i).frames(); size++) {
        double left = drawn - curve.misses(size);
        assertThat(left).as("at %d", size).isBetween(0.0, curve.references() / 100.0);
      }
    }
  }
}
