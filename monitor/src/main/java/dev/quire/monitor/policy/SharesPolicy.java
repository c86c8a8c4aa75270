package dev.quire.monitor.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code proportional} and {@code idle-tax}: memory is taken where it earns the fewest shares and
 * given where it earns the most (Waldspurger, OSDI 2002, section 5). A VM of S shares that holds P
 * bytes, the part f of them active, earns
 *
 * <pre>
 *   rho = S / (P x (f + k x (1 - f)))        k = 1 / (1 - tax)
 * </pre>
 *
 * <p>An idle page so costs k active ones. Without a tax, k = 1, idleness does not matter and rho =
 * S / P.
 *
 * <p>Taking page by page from the lowest rho ends where all are equal. That point is computed at
 * once: with a active bytes, t bytes cost t up to a, and a + k x (t - a) above; each VM gets the t
 * between its min and what it wants ({@link Demand}) at which rho(t) is the one value that spends
 * the budget. If there is more than all want, the rest goes out in the same way up to max.
 */
final class SharesPolicy implements Policy {
  private final String name;
  private final double idleCost;

  private SharesPolicy(String name, double idleCost) {
    this.name = name;
    this.idleCost = idleCost;
  }

  static Policy proportional() {
    return new SharesPolicy("proportional", 1);
  }

  /** With 0 <= tax < 1. */
  static Policy idleTax(double tax) {
    return new SharesPolicy("idle-tax", 1 / (1 - tax));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Target> decide(Snapshot snapshot) {
    long budget = snapshot.machine().budget();
    List<Demand> demands = snapshot.vms().stream().map(Demand::of).toList();
    long wanted = demands.stream().mapToLong(Demand::wanted).sum();
    boolean enough = wanted <= budget;
    List<Vessel> vessels = new ArrayList<>();
    for (Demand demand : demands) {
      VmSnapshot vm = demand.vm();
      long low = enough ? demand.wanted() : vm.min();
      long high = enough ? vm.max() : demand.wanted();
      vessels.add(new Vessel(vm.shares(), demand.active(), idleCost, low, high));
    }
    double level = Vessel.level(vessels, budget);
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < demands.size(); i++) {
      Verdict verdict = new Verdict(this.name, i, demands, vessels, level, enough);
      targets.add(verdict.target());
    }
    return targets;
  }
}
