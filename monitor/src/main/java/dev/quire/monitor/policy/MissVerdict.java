package dev.quire.monitor.policy;

import java.util.List;
import java.util.Optional;

/**
 * The target of one VM under {@link MissRatioPolicy}, and how it came to be, in words.
 *
 * @param claim of the VM
 * @param claims of all VMs
 * @param alpha by what part it may miss more than its baseline
 */
record MissVerdict(Claim claim, List<Claim> claims, double alpha) {
  private static final double MIB = 1 << 20;

  Target target() {
    String reason = vm().proxy().knowsMisses() ? byMisses() : byShare();
    String text = "miss-ratio: %s\n%s".formatted(reason, gets());
    return new Target(vm().name(), claim.bytes(), text, brief());
  }

  private VmSnapshot vm() {
    return claim.vm();
  }

  private String byShare() {
    String why = vm().proxy().own() > 0 ? "has no curve of its misses" : "has no proxy memory";
    return "it %s, so it has at least its proportional share of %s"
        .formatted(why, Wording.mib(claim.share()));
  }

  private String byMisses() {
    return "%s\n%s\n%s".formatted(misses(), more(), baseline());
  }

  /** What it misses with what its guest keeps, and with what it gets. */
  private String misses() {
    ProxySnapshot proxy = vm().proxy();
    long least = proxy.misses().getFirst().bytes();
    double most = proxy.missesAt(least);
    String text =
        "at %s it misses %s".formatted(Wording.mib(least), Wording.pages(most) + weighed());
    double now = proxy.missesAt(claim.useful());
    return claim.useful() <= least || now == most
        ? text
        : "%s, at %s %s: each MiB of these avoids %s"
            .formatted(
                text,
                Wording.mib(claim.useful()),
                rate(now),
                rate((most - now) / (claim.useful() - least) * MIB));
  }

  private String weighed() {
    boolean same = claims.stream().allMatch(other -> other.vm().shares() == vm().shares());
    return same ? "" : ", weighed by its " + Wording.count(vm().shares()) + " shares";
  }

  /** What the next step would avoid, and what the last step of somebody else does. */
  private String more() {
    Optional<Claim.Step> next = claim.next(vm().max());
    String here =
        next.map(
                step ->
                    "up to %s each MiB more would avoid %s"
                        .formatted(Wording.mib(step.to().bytes()), rate(step.avoids() * MIB)))
            .orElse("more would avoid none");
    return here + "; " + elsewhere();
  }

  private String elsewhere() {
    double least =
        claims.stream()
            .filter(other -> !other.equals(claim) && other.lastAvoids() > 0)
            .mapToDouble(Claim::lastAvoids)
            .min()
            .orElse(0);
    return least == 0
        ? "elsewhere nothing is given to avoid misses"
        : "elsewhere each MiB that is given avoids at least " + rate(least * MIB);
  }

  private String baseline() {
    double baseline = vm().proxy().missesAt(claim.share());
    return "its baseline, at its proportional share of %s, is %s; %s more is allowed: %s is enough"
        .formatted(
            Wording.mib(claim.share()),
            Wording.pages(baseline),
            Wording.percent(alpha),
            Wording.mib(claim.floor()));
  }

  private String gets() {
    String target =
        "target %s%s".formatted(Wording.mib(claim.bytes()), Wording.limit(vm(), claim.bytes()));
    long rest = claim.bytes() - claim.useful();
    return rest == 0
        ? target
        : "%s: %s, and %s that avoids no miss, by shares"
            .formatted(target, Wording.mib(claim.useful()), Wording.mib(rest));
  }

  private String brief() {
    if (!vm().proxy().knowsMisses()) {
      return "its proportional share";
    }
    return "it misses %s with %s"
        .formatted(Wording.pages(vm().proxy().missesAt(claim.bytes())), Wording.mib(claim.bytes()));
  }

  private static String rate(double perSecond) {
    return Wording.decimal(perSecond, perSecond < 10 ? 2 : 0);
  }
}
