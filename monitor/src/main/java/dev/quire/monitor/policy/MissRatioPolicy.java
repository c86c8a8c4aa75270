package dev.quire.monitor.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * {@code miss-ratio}: memory is where it avoids most misses (Lu and Shen, USENIX ATC 2007). Over
 * all VMs the sum of their predicted misses, weighed by their shares, is to be least, such that
 *
 * <pre>
 *   no VM misses more than 1 + alpha times its baseline: what it would miss with its proportional
 *   share of the memory; nobody has less than its guest keeps for itself (M0), or than its min, or
 *   more than its max; and all together have no more than the budget
 * </pre>
 *
 * <p>So each VM begins with the least that its baseline allows. What is left goes step by step to
 * whose misses it lowers most for each byte: along the {@link ConvexHull} of its curve, as far as
 * that can still be paid for. While whole steps fit this is the best for the hulls, and so for the
 * curves; the last steps, for which not enough is left, are as good as can be had, and no more than
 * one step away from the best. What avoids no miss goes by shares.
 *
 * <p>VMs without a curve begin with their proportional share. It is what {@code proportional} would
 * give if those with a curve wanted all they can get: the baseline is what a VM is entitled to, and
 * not what it happens to hold.
 */
final class MissRatioPolicy implements Policy {
  private final double alpha;

  /** With alpha of at least 0. */
  MissRatioPolicy(double alpha) {
    this.alpha = alpha;
  }

  @Override
  public String name() {
    return "miss-ratio";
  }

  @Override
  public List<Target> decide(Snapshot snapshot) {
    long budget = snapshot.machine().budget();
    Entitlements entitlements = Entitlements.of(snapshot.vms(), budget);
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < snapshot.vms().size(); i++) {
      VmSnapshot vm = snapshot.vms().get(i);
      claims.add(new Claim(vm, entitlements.low(i), entitlements.share(i), alpha));
    }
    if (entitlements.isPossible()) {
      giveWhereItAvoidsMost(claims, budget);
      giveByShares(claims, budget);
    }
    return claims.stream().map(claim -> new MissVerdict(claim, claims, alpha).target()).toList();
  }

  private static void giveWhereItAvoidsMost(List<Claim> claims, long budget) {
    Comparator<Claim.Step> byWorth =
        Comparator.comparingDouble(Claim.Step::worth)
            .thenComparing(step -> step.claim().vm().name(), Comparator.reverseOrder());
    while (true) {
      long left = budget - sum(claims);
      Claim.Step best =
          claims.stream().flatMap(claim -> claim.next(left).stream()).max(byWorth).orElse(null);
      if (best == null) {
        return;
      }
      best.claim().take(best);
    }
  }

  private static void giveByShares(List<Claim> claims, long budget) {
    List<Vessel> vessels =
        claims.stream()
            .map(claim -> new Vessel(claim.vm().shares(), 0, 1, claim.useful(), claim.vm().max()))
            .toList();
    double level = Vessel.level(vessels, budget);
    for (int i = 0; i < claims.size(); i++) {
      claims.get(i).fill(vessels.get(i).bytes(level));
    }
  }

  private static long sum(List<Claim> claims) {
    return claims.stream().mapToLong(Claim::useful).sum();
  }
}
