package dev.quire.host;

import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ReclaimState;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * A host's numbers as Prometheus reads them: its text exposition format, version 0.0.4, in UTF-8.
 * The content type is {@link #CONTENT_TYPE}.
 */
public final class MetricsText {
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final double NANOS = 1e9;

  private final StringBuilder text = new StringBuilder();

  private MetricsText() {}

  /**
   * One snapshot, and what was counted since the host's start.
   *
   * @param counters by VM and name; the name "swappedOut" becomes quire_vm_swapped_out_total. Those
   *     under "" are the machine's: quire_machine_..._total
   */
  public static String of(Snapshot snapshot, Map<String, Map<String, Long>> counters) {
    MetricsText metrics = new MetricsText();
    metrics.gauge("quire_time_seconds", "Machine time since the start of the host.");
    metrics.sample("quire_time_seconds", "", number(snapshot.nanos() / NANOS));
    metrics.machine(snapshot.machine());
    metrics.sharing(snapshot);
    metrics.memory(snapshot.vms());
    metrics.limits(snapshot.vms());
    metrics.use(snapshot.vms());
    metrics.counters(counters, true);
    metrics.counters(counters, false);
    return metrics.text.toString();
  }

  private void machine(MachineSnapshot machine) {
    String name = "quire_machine_memory_bytes";
    gauge(name, "The machine's frames, by use; together they are all of its memory.");
    sample(name, label("use", "free"), machine.free());
    sample(name, label("use", "guest"), machine.guest());
    sample(name, label("use", "tables"), machine.tables());
    sample(name, label("use", "cache"), machine.cache());
    sample(name, label("use", "reserve"), machine.reserve());
    gauge("quire_machine_reclaim_state", "1 for the reclaim state the machine is in, else 0.");
    for (ReclaimState state : ReclaimState.values()) {
      String word = state.name().toLowerCase(Locale.ROOT);
      sample("quire_machine_reclaim_state", label("state", word), state == machine.state() ? 1 : 0);
    }
  }

  private void sharing(Snapshot snapshot) {
    long saved = snapshot.machine().saved();
    long shared = snapshot.vms().stream().mapToLong(VmSnapshot::shared).sum();
    gauge("quire_machine_saved_bytes", "What pages would take in addition if none were shared.");
    sample("quire_machine_saved_bytes", "", saved);
    gauge("quire_machine_pages_shared", "Frames that several pages may share.");
    sample("quire_machine_pages_shared", "", (shared - saved) / Policy.PAGE);
    gauge("quire_machine_pages_sharing", "Pages on those frames, less one for each frame.");
    sample("quire_machine_pages_sharing", "", saved / Policy.PAGE);
  }

  private void memory(List<VmSnapshot> vms) {
    String name = "quire_vm_memory_bytes";
    gauge(name, "A VM's pages, by state; together they are its configured memory.");
    for (VmSnapshot vm : vms) {
      String of = label("vm", vm.name()) + ",";
      sample(name, of + label("state", "private"), vm.privateBytes());
      sample(name, of + label("state", "shared"), vm.shared());
      sample(name, of + label("state", "swapped"), vm.swapped());
      sample(name, of + label("state", "ballooned"), vm.ballooned());
      sample(name, of + label("state", "unpopulated"), vm.unpopulated());
    }
    bytes(
        "zero",
        "All-zero pages that were dropped, part of the unpopulated.",
        vms,
        VmSnapshot::zero);
    bytes("cache", "The exclusive cache of a VM's proxy memory.", vms, VmSnapshot::cache);
    bytes(
        "own",
        "M0: what the guest keeps beside its proxy memory; absent without.",
        vms.stream().filter(vm -> vm.proxy().own() > 0).toList(),
        vm -> vm.proxy().own());
  }

  private void limits(List<VmSnapshot> vms) {
    bytes("configured", "The memory that the guest believes to have.", vms, VmSnapshot::configured);
    bytes("min", "What a VM may always hold.", vms, VmSnapshot::min);
    bytes("max", "What a VM may hold at most.", vms, VmSnapshot::max);
    bytes("target", "What the policy decided that a VM may hold.", vms, VmSnapshot::target);
    each("quire_vm_shares", "A VM's weight.", vms, VmSnapshot::shares);
  }

  private void use(List<VmSnapshot> vms) {
    active(vms.stream().filter(vm -> vm.activity().measured()).toList());
    told("total", "Memory as the guest sees it", vms, VmSnapshot::guestTotal);
    told("available", "What the guest's programs could still get", vms, VmSnapshot::guestAvailable);
    told("free", "What the guest does not use at all", vms, VmSnapshot::guestFree);
    each(
        "quire_vm_balloon_obeys",
        "1 if a VM's balloon does what it is asked, else 0.",
        vms,
        vm -> vm.obeys() ? 1 : 0);
  }

  private void active(List<VmSnapshot> sampled) {
    bytes("active", "What a VM used lately of what it holds.", sampled, VmSnapshot::active);
    each(
        "quire_vm_active_ratio",
        "The used part of what a VM could touch (configured - ballooned); absent until sampled.",
        sampled,
        vm -> vm.activity().fraction());
    each(
        "quire_vm_active_low_ratio",
        "The lower end of the 95 % interval of the last sample alone.",
        sampled,
        vm -> vm.activity().low());
    each(
        "quire_vm_active_high_ratio",
        "The upper end of the 95 % interval of the last sample alone.",
        sampled,
        vm -> vm.activity().high());
  }

  /** A gauge of bytes that every VM has. */
  private void bytes(
      String word, String help, List<VmSnapshot> vms, ToLongFunction<VmSnapshot> value) {
    each("quire_vm_" + word + "_bytes", help, vms, vm -> (double) value.applyAsLong(vm));
  }

  /** A gauge of what guests say of themselves, if they do. */
  private void told(
      String word, String help, List<VmSnapshot> vms, ToLongFunction<VmSnapshot> value) {
    List<VmSnapshot> told = vms.stream().filter(vm -> value.applyAsLong(vm) >= 0).toList();
    bytes("guest_" + word, help + "; absent unless its balloon driver says so.", told, value);
  }

  private void each(
      String name, String help, List<VmSnapshot> vms, ToDoubleFunction<VmSnapshot> value) {
    gauge(name, help);
    for (VmSnapshot vm : vms) {
      sample(name, label("vm", vm.name()), number(value.applyAsDouble(vm)));
    }
  }

  private void counters(Map<String, Map<String, Long>> counters, boolean ofMachine) {
    TreeSet<String> names = new TreeSet<>();
    counters.forEach(
        (vm, values) -> names.addAll(vm.isEmpty() == ofMachine ? values.keySet() : List.of()));
    for (String name : names) {
      String words = name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      String full = "quire_" + (ofMachine ? "machine_" : "vm_") + words + "_total";
      family(full, "counter", "Count since the start: " + words.replace('_', ' ') + ".");
      for (String vm : new TreeSet<>(counters.keySet())) {
        Long value = counters.getOrDefault(vm, Map.of()).get(name);
        if (value != null && vm.isEmpty() == ofMachine) {
          sample(full, ofMachine ? "" : label("vm", vm), value);
        }
      }
    }
  }

  private void gauge(String name, String help) {
    family(name, "gauge", help);
  }

  private void family(String name, String type, String help) {
    String escaped = help.replace("\\", "\\\\").replace("\n", "\\n");
    text.append("# HELP ").append(name).append(' ').append(escaped).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void sample(String name, String labels, long value) {
    sample(name, labels, Long.toString(value));
  }

  private void sample(String name, String labels, String value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ').append(value).append('\n');
  }

  private static String label(String name, String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    return "%s=\"%s\"".formatted(name, escaped);
  }

  /** Without a point where there is nothing behind it. */
  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
