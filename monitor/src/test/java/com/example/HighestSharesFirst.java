package com.example;

import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.monitor.policy.VmSnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everybody gets their min; what is left goes to the VM with the most shares, then the next. */
public final class HighestSharesFirst implements Policy {
  @Override
  public String name() {
    return "highest-first";
  }

  @Override
  public List<Target> decide(Snapshot snapshot) {
    long left = snapshot.machine().budget();
    for (VmSnapshot vm : snapshot.vms()) {
      left -= vm.min();
    }
    List<VmSnapshot> ranking = new ArrayList<>(snapshot.vms());
    ranking.sort(Comparator.comparingInt(VmSnapshot::shares).reversed());
    Map<String, Target> targets = new HashMap<>();
    for (VmSnapshot vm : ranking) {
      long more = Math.clamp(left, 0, vm.max() - vm.min()) / PAGE * PAGE;
      left -= more;
      String brief = vm.shares() + " shares";
      String reason = "highest-first: %s: min and %d MiB".formatted(brief, more >> 20);
      targets.put(vm.name(), new Target(vm.name(), vm.min() + more, reason, brief));
    }
    return snapshot.vms().stream().map(vm -> targets.get(vm.name())).toList();
  }
}
