package dev.quire.monitor.manager;

import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ProxySnapshot;
import dev.quire.monitor.policy.ProxySnapshot.Point;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * The proxy memory of one VM, as memory management uses it. The guest keeps M0, its cache gets what
 * remains of the VM's target, so that memory moves between such VMs as frames of their caches.
 */
final class ManagedProxy {
  /** Fewer reads tell nothing about sizes. */
  private static final long LEAST_READS = 100;

  /** Steps of the curve that is given to a policy, about. */
  private static final int RESOLUTION = 64;

  private static final double NANOS = 1e9;

  private final ProxyMemory proxy;
  private final GuestMemory memory;
  private long lackedBefore;
  private long dropped;
  private List<Point> misses = List.of();

  /** From now on nobody else steers the VM's balloon or limits its cache. */
  ManagedProxy(ProxyMemory proxy, GuestMemory memory) {
    this.proxy = proxy;
    this.memory = memory;
    proxy.managed();
  }

  /** What the guest is to keep of {@code target} bytes for the VM. */
  long keeps(long target) {
    return Math.min(target, proxy.own());
  }

  /** Frames of the cache, in bytes. */
  long cached() {
    return proxy.cached();
  }

  /** Pages that left the cache because its limit fell, since it is managed. */
  long dropped() {
    return dropped;
  }

  /** Gives the cache what remains of {@code target} bytes beside all that the guest may hold. */
  void limit(long target) {
    synchronized (memory) {
      long guest = bytes(proxy.kept());
      long before = proxy.cached();
      proxy.limit(Math.max(0, target - guest));
      dropped += Math.max(0, before - proxy.cached()) / Policy.PAGE;
    }
  }

  /** Takes notice of the curve; before the VM's memory is locked together with others. */
  void hear() {
    synchronized (memory) {
      long nanos = proxy.recentNanos();
      MissCurve curve = proxy.trace().recent(Math.max(frames(proxy.own()), proxy.kept()));
      misses = nanos <= 0 ? List.of() : points(curve, NANOS / nanos);
    }
  }

  /**
   * The curve as a policy sees it: flat if too little was read.
   *
   * @param rate what one miss is in a second
   */
  private static List<Point> points(MissCurve curve, double rate) {
    if (curve.references() < LEAST_READS) {
      return List.of(new Point(bytes(curve.from()), curve.references() * rate));
    }
    List<Point> points = new ArrayList<>();
    for (MissCurve.Point point : curve.points(RESOLUTION)) {
      points.add(new Point(bytes(point.frames()), point.misses() * rate));
    }
    return points;
  }

  private static int frames(long bytes) {
    return (int) (bytes / Policy.PAGE);
  }

  private static long bytes(int frames) {
    return frames * Policy.PAGE;
  }

  /** Its part of a snapshot, which begins a new period if {@code decides}. */
  ProxySnapshot snapshot(boolean decides) {
    ProxyCounters counters = proxy.counters();
    long lacked = counters.displaced() + counters.refused();
    long displaced = lacked - lackedBefore;
    if (decides) {
      lackedBefore = lacked;
    }
    return new ProxySnapshot(proxy.own(), displaced * Policy.PAGE, misses);
  }
}
