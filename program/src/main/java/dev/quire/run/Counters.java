package dev.quire.run;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.Walks;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.vcpu.Exits;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a VM has counted from its start to an instant, or between two instants.
 *
 * @param instructions that all vCPUs completed
 * @param walks page walks
 * @param exits to the monitor, by reason, in the order of {@link Exits.Reason}
 * @param tables what the paging method holds at the later instant, by name; {@code frames} are
 *     those that the monitor's own tables take
 * @param nanos of the host's time
 */
public record Counters(
    long instructions,
    Walks walks,
    Map<Exits.Reason, Long> exits,
    Map<String, Long> tables,
    long nanos) {
  /** What {@code vm}, which stands between two instructions, has counted in {@code nanos}. */
  static Counters of(VirtualMachine vm, long nanos) {
    Exits counted = vm.exits();
    Map<Exits.Reason, Long> exits = new LinkedHashMap<>();
    for (Exits.Reason reason : Exits.Reason.values()) {
      exits.put(reason, counted.get(reason));
    }
    Map<String, Long> tables = new LinkedHashMap<>();
    tables.put("frames", (long) vm.frames().count(FrameTable.Use.TABLE));
    tables.putAll(vm.pagingStatistics());
    return new Counters(vm.instructions(), vm.walks(), exits, tables, nanos);
  }

  /** What has been counted since {@code earlier}, of the same VM. */
  Counters minus(Counters earlier) {
    Map<Exits.Reason, Long> since = new LinkedHashMap<>(exits);
    earlier.exits.forEach((reason, count) -> since.merge(reason, -count, Long::sum));
    return new Counters(
        instructions - earlier.instructions,
        walks.minus(earlier.walks),
        since,
        tables,
        nanos - earlier.nanos);
  }

  /**
   * Exits that the guest caused: all but the ends of slices, which are the clock's doing and differ
   * from nothing but its settings.
   */
  public long causedExits() {
    long sum = 0;
    for (Map.Entry<Exits.Reason, Long> entry : exits.entrySet()) {
      sum += entry.getKey() == Exits.Reason.BUDGET ? 0 : entry.getValue();
    }
    return sum;
  }

  public double seconds() {
    return nanos / 1e9;
  }
}
