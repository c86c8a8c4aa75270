package dev.quire.monitor.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code static}: the budget is divided by configured memory, within min and max, whatever is used.
 * Nothing moves, so it is what the others are compared with.
 */
final class StaticPolicy implements Policy {
  @Override
  public String name() {
    return "static";
  }

  @Override
  public boolean isStrict() {
    return true;
  }

  @Override
  public List<Target> decide(Snapshot snapshot) {
    long budget = snapshot.machine().budget();
    long configured = snapshot.vms().stream().mapToLong(VmSnapshot::configured).sum();
    List<Vessel> vessels = snapshot.vms().stream().map(StaticPolicy::vessel).toList();
    double level = Vessel.level(vessels, budget);
    List<Target> targets = new ArrayList<>();
    for (VmSnapshot vm : snapshot.vms()) {
      long bytes = vessel(vm).bytes(level);
      String part =
          "%s / %s of the %s for guests"
              .formatted(
                  Wording.mib(vm.configured()), Wording.mib(configured), Wording.mib(budget));
      String limit = Wording.limit(vm, bytes);
      String reason = "static: %s%s, whatever is used".formatted(part, limit);
      targets.add(new Target(vm.name(), bytes, reason, "its fixed part by size" + limit));
    }
    return targets;
  }

  private static Vessel vessel(VmSnapshot vm) {
    return new Vessel(vm.configured(), 0, 1, vm.min(), vm.max());
  }
}
