package dev.quire.monitor.policy;

import dev.quire.machine.board.UserError;
import java.util.List;

/** Somebody's own policy, whose answers are checked: a UserError says what is wrong with one. */
record CheckedPolicy(Policy policy) implements Policy {
  @Override
  public String name() {
    return policy.name();
  }

  @Override
  public boolean isStrict() {
    return policy.isStrict();
  }

  @Override
  public List<Target> decide(Snapshot snapshot) {
    List<Target> targets = policy.decide(snapshot);
    List<String> wanted = snapshot.vms().stream().map(VmSnapshot::name).toList();
    List<String> named = targets.stream().map(Target::vm).toList();
    if (!named.equals(wanted)) {
      throw refusal("decided for %s; it must be for %s, in this order".formatted(named, wanted));
    }
    long sum = 0;
    long mins = 0;
    for (int i = 0; i < targets.size(); i++) {
      check(targets.get(i), snapshot.vms().get(i));
      sum += targets.get(i).bytes();
      mins += snapshot.vms().get(i).min();
    }
    long budget = snapshot.machine().budget();
    if (sum > Math.max(budget, mins)) {
      throw refusal("hands out %d bytes; the budget is %d".formatted(sum, budget));
    }
    return targets;
  }

  private void check(Target target, VmSnapshot vm) {
    String gives = "gives %d bytes to %s, ".formatted(target.bytes(), target.vm());
    if (target.bytes() < vm.min() || target.bytes() > vm.max()) {
      throw refusal(gives + "whose limits are %d and %d".formatted(vm.min(), vm.max()));
    }
    if (target.bytes() % PAGE != 0) {
      throw refusal(gives + "which is not whole pages");
    }
  }

  private UserError refusal(String what) {
    return new UserError("The policy '%s' %s.".formatted(name(), what));
  }
}
