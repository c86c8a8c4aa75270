package dev.quire.monitor.policy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * All that a policy may know: one moment of a host.
 *
 * @param nanos of machine time since the host's start
 * @param machine the memory as a whole
 * @param vms in the order of the host's file; their names differ
 */
public record Snapshot(long nanos, MachineSnapshot machine, List<VmSnapshot> vms) {
  /** Raises IllegalArgumentException if two VMs have the same name, or time is negative. */
  public Snapshot {
    Checks.require(nanos >= 0, "nanos", nanos);
    vms = List.copyOf(vms);
    Set<String> names = new HashSet<>();
    for (VmSnapshot vm : vms) {
      Checks.require(names.add(vm.name()), "the name of a second VM", vm.name());
    }
  }
}
