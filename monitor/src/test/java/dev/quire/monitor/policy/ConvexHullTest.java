package dev.quire.monitor.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.policy.ProxySnapshot.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConvexHullTest {
  private static final int CURVES = 1000;

  private static List<Point> random(Random random) {
    List<Point> curve = new ArrayList<>();
    double misses = random.nextInt(1000);
    long size = 0;
    for (int left = 1 + random.nextInt(20); left > 0; left--) {
      size += random.nextInt(1, 10) * Policy.PAGE;
      misses = Math.max(0, misses - random.nextInt(1, 200));
      if (curve.isEmpty() || misses < curve.getLast().perSecond()) {
        curve.add(new Point(size, misses));
      }
    }
    return curve;
  }

  @Test
  void itIsConvexAndOfTheCurvesPointsFromTheFirstToTheLast() {
    Random random = new Random(1);
    for (int i = 0; i < CURVES; i++) {
      List<Point> curve = random(random);
      List<Point> hull = ConvexHull.of(curve);
      assertThat(curve).containsAll(hull);
      assertThat(hull.getFirst()).isEqualTo(curve.getFirst());
      assertThat(hull.getLast()).isEqualTo(curve.getLast());
      for (int k = 2; k < hull.size(); k++) {
        assertThat(ConvexHull.slope(hull.get(k - 1), hull.get(k)))
            .isLessThan(ConvexHull.slope(hull.get(k - 2), hull.get(k - 1)));
      }
    }
  }

  @Test
  void noPointOfTheCurveIsBelowIt() {
    Random random = new Random(2);
    for (int i = 0; i < CURVES; i++) {
      List<Point> curve = random(random);
      List<Point> hull = ConvexHull.of(curve);
      for (int k = 1; k < hull.size(); k++) {
        Point from = hull.get(k - 1);
        Point to = hull.get(k);
        for (Point point : curve) {
          if (point.bytes() > from.bytes() && point.bytes() < to.bytes()) {
            double onHull =
                from.perSecond() - ConvexHull.slope(from, to) * (point.bytes() - from.bytes());
            assertThat(point.perSecond()).isGreaterThanOrEqualTo(onHull - 1e-9);
          }
        }
      }
    }
  }
}
