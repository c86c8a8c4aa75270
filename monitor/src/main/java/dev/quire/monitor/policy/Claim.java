package dev.quire.monitor.policy;

import dev.quire.monitor.policy.ProxySnapshot.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What one VM gets while {@link MissRatioPolicy} hands memory out, in bytes. */
final class Claim {
  /**
   * More memory for a VM, which is to avoid misses.
   *
   * @param claim whose
   * @param to what it has then
   */
  record Step(Claim claim, Point to) {
    /** Misses in a second that each byte avoids. */
    double avoids() {
      return ConvexHull.slope(claim.point(), to);
    }

    /** The same, weighed. */
    double worth() {
      return avoids() * claim.vm().shares();
    }
  }

  private final VmSnapshot vm;
  private final long share;
  private final long floor;
  private long useful;
  private long filled;

  /** What each byte of the last step avoids; 0 before the first. */
  private double lastAvoids;

  /**
   * It begins with the least that is known to miss no more than {@code 1 + alpha} times what it
   * would with {@code share}; with that, if it has no curve there.
   */
  Claim(VmSnapshot vm, long low, long share, double alpha) {
    this.vm = vm;
    this.share = share;
    this.floor = vm.proxy().knowsMisses() ? leastFor(vm.proxy(), low, share, alpha) : share;
    this.useful = floor;
    this.filled = floor;
  }

  private static long leastFor(ProxySnapshot proxy, long low, long share, double alpha) {
    long known = Math.max(low, proxy.misses().getFirst().bytes());
    double most = (1 + alpha) * proxy.missesAt(share);
    if (share <= known || proxy.missesAt(known) <= most) {
      return Math.min(known, share);
    }
    for (Point point : proxy.misses()) {
      if (point.bytes() > known && point.perSecond() <= most) {
        return Math.min(point.bytes(), share);
      }
    }
    return share;
  }

  VmSnapshot vm() {
    return vm;
  }

  /** Its proportional share, at which its baseline is. */
  long share() {
    return share;
  }

  /** What it begins with. */
  long floor() {
    return floor;
  }

  /** What it has that avoids misses, or that it is entitled to. */
  long useful() {
    return useful;
  }

  /** The same, and what went by shares. */
  long bytes() {
    return filled;
  }

  /** What it misses with what is useful to it, if that is known. */
  Point point() {
    return new Point(useful, vm.proxy().missesAt(useful));
  }

  /**
   * The step that avoids most misses for each byte, along the hull of all that {@code left} bytes
   * can pay for; empty if nothing of that avoids any.
   */
  Optional<Step> next(long left) {
    if (!vm.proxy().knowsMisses()) {
      return Optional.empty();
    }
    List<Point> curve = new ArrayList<>();
    curve.add(point());
    for (Point point : vm.proxy().misses()) {
      if (point.bytes() > useful
          && point.bytes() <= Math.min(vm.max(), useful + left)
          && point.perSecond() < curve.getLast().perSecond()) {
        curve.add(point);
      }
    }
    List<Point> hull = ConvexHull.of(curve);
    return hull.size() > 1 ? Optional.of(new Step(this, hull.get(1))) : Optional.empty();
  }

  /** What each byte avoids that it got last; 0 if it got none because of misses. */
  double lastAvoids() {
    return lastAvoids;
  }

  void take(Step step) {
    lastAvoids = step.avoids();
    useful = step.to().bytes();
    filled = useful;
  }

  /** Has so much in all, at least what is useful. */
  void fill(long bytes) {
    filled = bytes;
  }
}
