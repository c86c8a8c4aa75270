package dev.quire.monitor.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * What each VM may have in any case, and its proportional share of the budget, in bytes: as {@link
 * SharesPolicy} divides it without a tax, but that a VM with a curve of its misses wants all that
 * it can get, and one with proxy memory has what its guest keeps for itself.
 *
 * @param isPossible whether the budget is enough for all lows; if not, the shares are below them
 */
record Entitlements(List<Long> lows, List<Long> shares, boolean isPossible) {
  static Entitlements of(List<VmSnapshot> vms, long budget) {
    List<Long> lows = vms.stream().map(Entitlements::low).toList();
    List<Vessel> wants = new ArrayList<>();
    List<Vessel> more = new ArrayList<>();
    List<Vessel> less = new ArrayList<>();
    for (int i = 0; i < vms.size(); i++) {
      VmSnapshot vm = vms.get(i);
      long low = lows.get(i);
      long wanted = vm.proxy().knowsMisses() ? vm.max() : Math.max(low, Demand.of(vm).wanted());
      less.add(new Vessel(vm.shares(), 0, 1, vm.min(), low));
      wants.add(new Vessel(vm.shares(), 0, 1, low, wanted));
      more.add(new Vessel(vm.shares(), 0, 1, wanted, vm.max()));
    }
    boolean possible = sum(lows) <= budget;
    boolean enough = wants.stream().mapToLong(Vessel::high).sum() <= budget;
    List<Vessel> vessels = possible ? enough ? more : wants : less;
    double level = Vessel.level(vessels, budget);
    List<Long> shares = vessels.stream().map(vessel -> vessel.bytes(level)).toList();
    return new Entitlements(lows, shares, possible);
  }

  /** Nobody's guest is to get less than it keeps for itself, if its max allows that. */
  private static long low(VmSnapshot vm) {
    return Math.clamp(vm.proxy().own(), vm.min(), vm.max());
  }

  private static long sum(List<Long> bytes) {
    return bytes.stream().mapToLong(Long::longValue).sum();
  }

  long low(int vm) {
    return lows.get(vm);
  }

  long share(int vm) {
    return shares.get(vm);
  }
}
