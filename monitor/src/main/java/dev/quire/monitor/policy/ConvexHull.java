package dev.quire.monitor.policy;

import dev.quire.monitor.policy.ProxySnapshot.Point;
import java.util.ArrayList;
import java.util.List;

/**
 * The lower convex hull of a curve of misses: the largest convex curve that lies nowhere above it.
 * Along it each further byte avoids fewer misses than the one before, so that whoever always gives
 * memory where the next byte avoids most ends at the best for all hulls together. The corners of a
 * hull are corners of the curve, so there the best for the hulls is the best for the curves.
 */
final class ConvexHull {
  private ConvexHull() {}

  /**
   * The corners of the hull, in the order of their sizes; the first is the curve's first. Nothing
   * behind its lowest point belongs to it.
   *
   * @param curve points in the order of their sizes, each missing less than the one before
   */
  static List<Point> of(List<Point> curve) {
    List<Point> hull = new ArrayList<>();
    for (Point point : curve) {
      while (hull.size() > 1
          && slope(hull.get(hull.size() - 2), hull.getLast()) <= slope(hull.getLast(), point)) {
        hull.removeLast();
      }
      hull.add(point);
    }
    return hull;
  }

  /** Misses in a second that each byte avoids on the way from one point to another. */
  static double slope(Point from, Point to) {
    return (from.perSecond() - to.perSecond()) / (to.bytes() - from.bytes());
  }
}
