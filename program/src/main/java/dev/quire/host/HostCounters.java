package dev.quire.host;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the guests have counted: of pages since the host's start, else since their own. */
final class HostCounters {
  private HostCounters() {}

  /** By guest and name; on the thread that manages the host. */
  static Map<String, Map<String, Long>> of(HostSession session) {
    Map<String, Map<String, Long>> counters = new LinkedHashMap<>();
    for (HostedVm vm : session.vms()) {
      Map<String, Long> counts = bytes(session.traffic(vm.name()));
      VirtualMachine machine = vm.vm();
      if (machine != null) {
        counts.putAll(machine.whileStopped(() -> work(machine)));
      }
      counters.put(vm.name(), counts);
    }
    return counters;
  }

  private static Map<String, Long> work(VirtualMachine vm) {
    return Map.of("instructions", vm.instructions(), "exits", vm.exits().total());
  }

  /** Memory that came and went. */
  static Map<String, Long> bytes(PageTraffic traffic) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    bytes.put("swappedOutBytes", traffic.swappedOut() * Policy.PAGE);
    bytes.put("swappedInBytes", traffic.swappedIn() * Policy.PAGE);
    bytes.put("zeroDroppedBytes", traffic.zeroDropped() * Policy.PAGE);
    bytes.put("balloonedBytes", traffic.ballooned() * Policy.PAGE);
    bytes.put("balloonFreedBytes", traffic.balloonFreed() * Policy.PAGE);
    bytes.put("deflatedBytes", traffic.deflated() * Policy.PAGE);
    bytes.put("touchedBalloonedBytes", traffic.touchedBallooned() * Policy.PAGE);
    bytes.put("reportedFreeBytes", traffic.reported() * Policy.PAGE);
    return bytes;
  }
}
