package dev.quire.host;

import java.util.List;

/**
 * What a host file says, with all defaults filled in.
 *
 * @param vms in the order of the file, at least one, their names all different
 * @param events in the order of the file; each vm of theirs is the name of one of {@code vms}
 */
public record HostConfig(
    MachineConfig machine, ManagerConfig manager, List<VmEntry> vms, List<EventEntry> events) {
  public HostConfig {
    vms = List.copyOf(vms);
    events = List.copyOf(events);
  }
}
