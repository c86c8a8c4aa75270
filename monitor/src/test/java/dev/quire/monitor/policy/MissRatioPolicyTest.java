package dev.quire.monitor.policy;

import static dev.quire.monitor.policy.Hosts.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.policy.Hosts.Guest;
import dev.quire.monitor.policy.ProxySnapshot.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * {@code miss-ratio} by hand, and on small random hosts against all divisions of their memory there
 * are, in units of a page.
 */
class MissRatioPolicyTest {
  private static final int HOSTS = 400;
  private static final double ALPHA = 0.05;

  private final Policy policy = Policies.named("miss-ratio");

  // ---- by hand -----------------------------------------------------------------------------

  /** Misses 100 pages/s up to a knee at 200 MiB, and none beyond. */
  private static Guest knee(String name) {
    return proxied(name, 100, point(100, 100), point(200, 0));
  }

  /** Misses 100 pages/s, and 1 less with each MiB more. */
  private static Guest slope(String name) {
    Point[] points =
        IntStream.rangeClosed(0, 100).mapToObj(i -> point(100 + i, 1000 - i)).toArray(Point[]::new);
    return proxied(name, 100, points);
  }

  private static Guest proxied(String name, long own, Point... misses) {
    Guest guest = new Guest(name).held(own * MIB).ballooned(64 * MIB);
    return guest.proxy(0, new ProxySnapshot(own * MIB, 0, List.of(misses)));
  }

  private static Point point(long mib, double misses) {
    return new Point(mib * MIB, misses);
  }

  private List<Long> mebibytes(Snapshot host) {
    return policy.decide(host).stream().map(target -> target.bytes() / MIB).toList();
  }

  @Test
  void memoryGoesBeyondAKneeAndWhatIsLeftGoesByShares() {
    Guest flat = proxied("flat", 100, point(100, 500), point(256, 500));
    Snapshot host = Hosts.of(320 * MIB, knee("knee").snapshot(), flat.snapshot());
    assertThat(mebibytes(host)).containsExactly(200L, 120L);
  }

  @Test
  void memoryThatDoesNotReachTheKneeIsWorthNothingThere() {
    Snapshot host = Hosts.of(290 * MIB, knee("knee").snapshot(), slope("slope").snapshot());
    assertThat(mebibytes(host)).containsExactly(100L, 190L);
  }

  @Test
  void aKneeIsSeenBehindASmallStep() {
    Guest knee = proxied("knee", 100, point(100, 100), point(110, 99), point(200, 0));
    Point[] points =
        IntStream.rangeClosed(0, 100)
            .mapToObj(i -> point(100 + i, 1000 - i / 2.0))
            .toArray(Point[]::new);
    Snapshot host = Hosts.of(300 * MIB, knee.snapshot(), proxied("slope", 100, points).snapshot());
    assertThat(mebibytes(host)).containsExactly(200L, 100L);
  }

  @Test
  void sharesWeighMisses() {
    Policy generous = Policies.named("miss-ratio", 0, 9); // so that no baseline decides
    Guest a = proxied("a", 100, point(100, 120), point(150, 20));
    Guest b = proxied("b", 100, point(100, 170), point(150, 20));
    assertThat(generous.decide(Hosts.of(250 * MIB, a.snapshot(), b.snapshot())))
        .extracting(target -> target.bytes() / MIB)
        .containsExactly(100L, 150L);
    assertThat(generous.decide(Hosts.of(250 * MIB, a.shares(2000).snapshot(), b.snapshot())))
        .extracting(target -> target.bytes() / MIB)
        .containsExactly(150L, 100L);
  }

  @Test
  void sharesSayWhereABaselineIsAndWhoGetsTheRest() {
    Guest large = proxied("large", 100, point(100, 100), point(190, 10)).shares(2000);
    Guest small = proxied("small", 100, point(100, 10_000), point(260, 0));
    Snapshot host = Hosts.of(300 * MIB, large.snapshot(), small.snapshot());
    assertThat(policy.decide(host).getFirst().reason())
        .contains("at its proportional share of 200 MiB, is 10 pages/s")
        .contains("190 MiB is enough")
        .contains("190 MiB, and 10 MiB that avoids no miss, by shares");
    assertThat(mebibytes(host)).containsExactly(200L, 100L);
  }

  /** M0 is what it is to keep; nothing is known of what it would miss with that. */
  @Test
  void whoKeepsMoreThanItIsToDoesNotGiveItUpForACurveThatBeginsThere() {
    Guest flat = proxied("flat", 64, point(140, 500));
    Snapshot host = Hosts.of(290 * MIB, flat.snapshot(), slope("slope").snapshot());
    assertThat(mebibytes(host)).containsExactly(140L, 150L);
  }

  @Test
  void nobodyPaysMoreThanAlphaForTheOthersGood() {
    Guest rich = proxied("rich", 60, point(60, 10_000), point(160, 5000), point(240, 0));
    Guest poor = proxied("poor", 60, point(60, 100), point(140, 10));
    assertThat(mebibytes(Hosts.of(300 * MIB, rich.snapshot(), poor.snapshot())))
        .as("its baseline at 150 MiB is 10; below 140 MiB it would miss 100")
        .containsExactly(160L, 140L);
    Policy generous = Policies.named("miss-ratio", 0, 9);
    assertThat(generous.decide(Hosts.of(300 * MIB, rich.snapshot(), poor.snapshot())))
        .extracting(target -> target.bytes() / MIB)
        .containsExactly(240L, 60L);
  }

  @Test
  void whoHasNoCurveKeepsItsProportionalShare() {
    VmSnapshot plain = new Guest("plain").held(250 * MIB).snapshot();
    assertThat(mebibytes(Hosts.of(300 * MIB, knee("knee").snapshot(), plain)))
        .containsExactly(150L, 150L);
  }

  @Test
  void whatAGuestWithoutACurveDoesNotWantIsThereForOthers() {
    VmSnapshot plain = new Guest("plain").held(80 * MIB).available(40 * MIB).snapshot();
    Snapshot host = Hosts.of(460 * MIB, knee("knee").snapshot(), plain);
    assertThat(mebibytes(host).getFirst()).isGreaterThanOrEqualTo(200);
  }

  @Test
  void theReasonIsTheCurve() {
    Guest flat = proxied("flat", 100, point(100, 500), point(256, 500));
    Target target =
        policy.decide(Hosts.of(320 * MIB, knee("knee").snapshot(), flat.snapshot())).getFirst();
    assertThat(target.reason())
        .isEqualTo(
            """
            miss-ratio: at 100 MiB it misses 100 pages/s, at 200 MiB 0: each MiB of these avoids 1
            more would avoid none; elsewhere nothing is given to avoid misses
            its baseline, at its proportional share of 160 MiB, is 100 pages/s; 5 % more is allowed: \
            100 MiB is enough
            target 200 MiB\
            """);
    assertThat(target.brief()).isEqualTo("it misses 0 pages/s with 200 MiB");
  }

  @Test
  void whoLostSaysWhatItWouldHaveAvoided() {
    Guest rich = proxied("rich", 60, point(60, 9000), point(240, 0));
    Guest poor = proxied("poor", 60, point(60, 100), point(260, 0)).configured(512 * MIB);
    Target target = policy.decide(Hosts.of(300 * MIB, rich.snapshot(), poor.snapshot())).get(1);
    assertThat(target.reason())
        .contains("up to 260 MiB each MiB more would avoid 0.5;")
        .contains("elsewhere each MiB that is given avoids at least 50");
  }

  // ---- small hosts against brute force -----------------------------------------------------

  /** Up to three VMs of up to 12 pages, with any curves. */
  private static Snapshot small(Random random) {
    List<VmSnapshot> vms = new ArrayList<>();
    long lows = 0;
    for (int i = random.nextInt(2, 4); i > 0; i--) {
      int own = random.nextInt(1, 4);
      List<Point> points = new ArrayList<>();
      double misses = random.nextInt(1, 100);
      for (int size = own; size <= 12; size += random.nextInt(1, 4)) {
        points.add(new Point(size * Policy.PAGE, misses));
        misses = Math.max(0, misses - random.nextInt(40));
      }
      Guest guest = new Guest("vm" + i).configured(12 * Policy.PAGE).shares(random.nextInt(1, 4));
      guest.limits(0, random.nextInt(6, 13) * Policy.PAGE).held(own * Policy.PAGE);
      vms.add(guest.proxy(0, new ProxySnapshot(own * Policy.PAGE, 0, points)).snapshot());
      lows += own;
    }
    return Hosts.of((lows + random.nextInt(12)) * Policy.PAGE, vms.toArray(VmSnapshot[]::new));
  }

  private static double sum(Snapshot host, long[] bytes) {
    double sum = 0;
    for (int i = 0; i < bytes.length; i++) {
      VmSnapshot vm = host.vms().get(i);
      sum += vm.shares() * vm.proxy().missesAt(bytes[i]);
    }
    return sum;
  }

  /** The least sum of weighed misses that keeps to all the rules. */
  private static double best(Snapshot host, double alpha) {
    Entitlements entitled = Entitlements.of(host.vms(), host.machine().budget());
    return best(host, entitled, alpha, new long[host.vms().size()], 0, host.machine().budget());
  }

  private static double best(
      Snapshot host, Entitlements entitled, double alpha, long[] bytes, int index, long left) {
    if (index == bytes.length) {
      return sum(host, bytes);
    }
    VmSnapshot vm = host.vms().get(index);
    double most = (1 + alpha) * vm.proxy().missesAt(entitled.share(index));
    double best = Double.POSITIVE_INFINITY;
    for (long size = vm.proxy().own(); size <= Math.min(left, vm.max()); size += Policy.PAGE) {
      if (vm.proxy().missesAt(size) <= most) {
        bytes[index] = size;
        best = Math.min(best, best(host, entitled, alpha, bytes, index + 1, left - size));
      }
    }
    return best;
  }

  /** What the longest step on a hull avoids: so much whole steps may be away from the best. */
  private static double longestStep(Snapshot host) {
    double longest = 0;
    for (VmSnapshot vm : host.vms()) {
      List<Point> hull = ConvexHull.of(vm.proxy().misses());
      for (int i = 1; i < hull.size(); i++) {
        double avoids = hull.get(i - 1).perSecond() - hull.get(i).perSecond();
        longest = Math.max(longest, vm.shares() * avoids);
      }
    }
    return longest;
  }

  @Test
  void theRulesAreKeptAndNoDivisionIsMuchBetter() {
    Random random = new Random(11);
    int best = 0;
    for (int i = 0; i < HOSTS; i++) {
      Snapshot host = small(random);
      List<Target> targets = policy.decide(host);
      long[] bytes = targets.stream().mapToLong(Target::bytes).toArray();
      Entitlements entitled = Entitlements.of(host.vms(), host.machine().budget());
      for (int vm = 0; vm < bytes.length; vm++) {
        ProxySnapshot proxy = host.vms().get(vm).proxy();
        assertThat(bytes[vm]).isBetween(proxy.own(), host.vms().get(vm).max());
        assertThat(proxy.missesAt(bytes[vm]))
            .isLessThanOrEqualTo((1 + ALPHA) * proxy.missesAt(entitled.share(vm)));
      }
      assertThat(Arrays.stream(bytes).sum()).isLessThanOrEqualTo(host.machine().budget());
      double gap = sum(host, bytes) - best(host, ALPHA);
      assertThat(gap).isBetween(-1e-9, longestStep(host) + 1e-9);
      best += gap < 1e-9 ? 1 : 0;
    }
    assertThat(best).as("hosts for which no division is better").isGreaterThan(HOSTS * 8 / 10);
  }

  /** Curves that are their own hulls, of steps of a page: there is nothing that does not fit. */
  @Test
  void onHullsTheGreedyWayIsTheBest() {
    Random random = new Random(12);
    for (int i = 0; i < HOSTS; i++) {
      Snapshot host = convex(small(random));
      long[] bytes = policy.decide(host).stream().mapToLong(Target::bytes).toArray();
      assertThat(sum(host, bytes)).isEqualTo(best(host, ALPHA), offset());
    }
  }

  private static Offset<Double> offset() {
    return Offset.offset(1e-6);
  }

  private static Snapshot convex(Snapshot host) {
    List<VmSnapshot> vms = new ArrayList<>();
    for (VmSnapshot vm : host.vms()) {
      List<Point> hull = ConvexHull.of(vm.proxy().misses());
      List<Point> points = new ArrayList<>();
      for (long size = vm.proxy().own(); size <= hull.getLast().bytes(); size += Policy.PAGE) {
        points.add(new Point(size, onHull(hull, size)));
      }
      Guest guest = new Guest(vm.name()).configured(vm.configured()).shares(vm.shares());
      guest.limits(vm.min(), vm.max()).held(vm.held());
      vms.add(guest.proxy(0, new ProxySnapshot(vm.proxy().own(), 0, points)).snapshot());
    }
    return new Snapshot(0, host.machine(), vms);
  }

  private static double onHull(List<Point> hull, long size) {
    double found = hull.getLast().perSecond();
    for (int i = hull.size() - 1; i > 0 && hull.get(i).bytes() > size; i--) {
      Point from = hull.get(i - 1);
      found = from.perSecond() - ConvexHull.slope(from, hull.get(i)) * (size - from.bytes());
    }
    return Math.max(found, hull.getLast().perSecond());
  }
}
