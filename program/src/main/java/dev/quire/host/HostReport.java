package dev.quire.host;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.manager.Limits;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Activity;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.ProxySnapshot;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sharing.ScanCounters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A host at one moment: where all memory is, and where each guest is in its life. It adds up: a
 * guest's memory is private + shared + swapped + ballooned + unpopulated, the machine's is free +
 * guest + tables + cache + reserve.
 *
 * @param nanos of machine time
 * @param machine its frames
 * @param scan what came of looking for equal pages
 * @param vms all guests in the order of the configuration, also those that do not run
 */
public record HostReport(long nanos, MachineSnapshot machine, ScanCounters scan, List<Vm> vms) {
  private static final double MIB = 1 << 20;
  private static final double NANOS = 1e9;
  private static final int LONGEST_NAME = 12;

  /** In esxtop's words, where it has one; what they mean is said in {@link #topText}. */
  private static final List<String> TOP =
      List.of(
          "NAME", "STATE", "MEMSZ", "GRANT", "TCHD", "%ACTV", "95%", "TARGET", "MCTLSZ", "MCTLTGT",
          "SWCUR", "SHRD", "ZERO", "M0", "CACHE");

  private static final List<String> PS =
      List.of(
          "NAME", "STATE", "PAGING", "CPUS", "MEMORY", "MIN", "MAX", "SHARES", "HELD", "ACTIVE",
          "TARGET", "M0", "CACHE", "");

  /**
   * One guest.
   *
   * @param memory where its memory is; of a guest that does not run nothing is anywhere
   * @param reason why the state is what it is, or empty
   * @param paging how its memory is virtualized now
   * @param cpus how many vCPUs it has
   * @param balloonAsked bytes that its balloon is asked to hold
   * @param traffic what has happened to its pages in all its starts
   * @param instructions that its vCPUs have completed since it started
   */
  public record Vm(
      VmSnapshot memory,
      VmState state,
      String reason,
      String paging,
      int cpus,
      long balloonAsked,
      PageTraffic traffic,
      long instructions) {
    public String name() {
      return memory.name();
    }
  }

  public HostReport {
    vms = List.copyOf(vms);
  }

  /** The host as it is now; on the thread of the machine's clock, or before it runs. */
  public static HostReport of(HostSession session) {
    Snapshot snapshot = session.manager().snapshot();
    Map<String, VmSnapshot> shots = new HashMap<>();
    snapshot.vms().forEach(shot -> shots.put(shot.name(), shot));
    List<Vm> vms = new ArrayList<>();
    for (HostedVm vm : session.vms()) {
      VmSnapshot shot = shots.get(vm.name());
      vms.add(
          vm(session, vm, shot == null ? nothing(vm.entry(), session.limits(vm.name())) : shot));
    }
    return new HostReport(snapshot.nanos(), snapshot.machine(), session.manager().scanned(), vms);
  }

  private static Vm vm(HostSession session, HostedVm hosted, VmSnapshot shot) {
    VirtualMachine vm = hosted.vm();
    ManagedVm managed = session.managed(hosted.name());
    return new Vm(
        shot,
        hosted.state(),
        hosted.reason(),
        vm == null ? hosted.entry().paging().word() : vm.choice().word(),
        hosted.entry().cpus(),
        managed == null ? 0 : managed.balloonAsked(),
        session.traffic(hosted.name()),
        vm == null ? 0 : vm.instructions());
  }

  private static VmSnapshot nothing(VmEntry entry, Limits limits) {
    return new VmSnapshot(
        entry.name(),
        entry.memory(),
        limits.min(),
        limits.max(),
        limits.shares(),
        0,
        0,
        0,
        0,
        0,
        entry.memory(),
        0,
        0,
        Activity.UNKNOWN,
        0,
        -1,
        -1,
        -1,
        false,
        ProxySnapshot.NONE);
  }

  /** Bytes of pages that are on shared frames, of all guests. */
  private long sharedBytes() {
    return vms.stream().mapToLong(vm -> vm.memory().shared()).sum();
  }

  /** How many frames are shared, and how many pages more than that are on them. */
  long pagesShared() {
    return (sharedBytes() - machine.saved()) / Policy.PAGE;
  }

  long pagesSharing() {
    return machine.saved() / Policy.PAGE;
  }

  // ---- JSON ----------------------------------------------------------------------------------

  /**
   * All of it as one JSON object: {@code vms}, {@code machine}, {@code nanos}. Sizes are bytes, the
   * times of transfers too (a page that was swapped out twice counts twice); -1 is unknown. What is
   * about sharing counts pages: {@code pagesShared}, {@code pagesSharing}, {@code scan}, {@code
   * breaks} and {@code reused}. {@code own} is M0 of a guest with proxy memory, else 0.
   */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("vms", vms.stream().map(HostReport::json).toList());
    json.put("machine", machineJson());
    json.put("nanos", nanos);
    return json;
  }

  private Map<String, Object> machineJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("frames", machine.total());
    json.put("free", machine.free());
    json.put("guest", machine.guest());
    json.put("tables", machine.tables());
    json.put("cache", machine.cache());
    json.put("reserve", machine.reserve());
    json.put("state", word(machine.state()));
    json.put("saved", machine.saved());
    json.put("pagesShared", pagesShared());
    json.put("pagesSharing", pagesSharing());
    json.put("scan", HostCounters.of(scan));
    return json;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> json(Vm vm) {
    VmSnapshot memory = vm.memory();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", memory.name());
    json.put("state", vm.state().word());
    json.put("paging", vm.paging());
    json.put("configured", memory.configured());
    json.put("private", memory.privateBytes());
    json.put("shared", memory.shared());
    json.put("zero", memory.zero());
    json.put("swapped", memory.swapped());
    json.put("ballooned", memory.ballooned());
    json.put("unpopulated", memory.unpopulated());
    json.put("cache", memory.cache());
    json.put("target", memory.target());
    json.put("active", memory.active());
    json.put("min", memory.min());
    json.put("max", memory.max());
    json.put("shares", memory.shares());
    json.put("reason", vm.reason());
    json.put("cpus", vm.cpus());
    json.put("instructions", vm.instructions());
    json.put("activity", memory.activity());
    json.put("guestTotal", memory.guestTotal());
    json.put("guestAvailable", memory.guestAvailable());
    json.put("guestFree", memory.guestFree());
    json.put("balloonAsked", vm.balloonAsked());
    json.put("balloonObeys", memory.obeys());
    json.put("own", memory.proxy().own());
    putTraffic(json, vm.traffic());
    return json;
  }

  private static void putTraffic(Map<String, Object> json, PageTraffic traffic) {
    json.put("swappedOut", traffic.swappedOut() * Policy.PAGE);
    json.put("swappedIn", traffic.swappedIn() * Policy.PAGE);
    json.put("zeroDropped", traffic.zeroDropped() * Policy.PAGE);
    json.put("balloonFreed", traffic.balloonFreed() * Policy.PAGE);
    json.put("deflated", traffic.deflated() * Policy.PAGE);
    json.put("reportedFree", traffic.reported() * Policy.PAGE);
    json.put("breaks", traffic.breaks());
    json.put("reused", traffic.reused());
  }

  // ---- text ----------------------------------------------------------------------------------

  /**
   * A line for each guest: what it is. Sizes are MiB. HELD includes CACHE, which a guest with proxy
   * memory has beside M0.
   */
  public String psText() {
    TextTable table = new TextTable(PS);
    for (Vm vm : vms) {
      VmSnapshot memory = vm.memory();
      table.row(
          shortName(vm),
          vm.state().word(),
          vm.paging(),
          Integer.toString(vm.cpus()),
          mib(memory.configured()),
          mib(memory.min()),
          mib(memory.max()),
          Integer.toString(memory.shares()),
          mib(memory.held()),
          memory.activity().measured() ? mib(memory.active()) : "-",
          mib(memory.target()),
          proxied(memory, memory.proxy().own()),
          proxied(memory, memory.cache()),
          vm.reason());
    }
    return table.text();
  }

  /**
   * The machine in a line, what is shared in another, and a line for each guest: where its memory
   * is. Sizes are MiB. MEMSZ is what the guest believes to have, GRANT what machine memory it has
   * (private and shared), TCHD what it used of that lately, %ACTV the part that it used of what it
   * could touch (MEMSZ - MCTLSZ) and 95% the interval of that by the last sample alone, TARGET what
   * it may hold, MCTLSZ the balloon and MCTLTGT what that is asked to be, SWCUR what is swapped
   * out, SHRD what is shared, ZERO what was all zero and dropped. With proxy memory, M0 is what the
   * guest keeps, and CACHE what the cache holds of the rest; TARGET is for GRANT and CACHE.
   */
  public String topText() {
    TextTable table = new TextTable(TOP);
    for (Vm vm : vms) {
      VmSnapshot memory = vm.memory();
      Activity activity = memory.activity();
      boolean measured = activity.measured();
      table.row(
          shortName(vm),
          vm.state().word(),
          mib(memory.configured()),
          mib(memory.privateBytes() + memory.shared()),
          measured ? mib(memory.active()) : "-",
          measured ? percent(activity.fraction()) : "-",
          measured ? percent(activity.low()) + "-" + percent(activity.high()) : "-",
          mib(memory.target()),
          mib(memory.ballooned()),
          mib(vm.balloonAsked()),
          mib(memory.swapped()),
          mib(memory.shared()),
          mib(memory.zero()),
          proxied(memory, memory.proxy().own()),
          proxied(memory, memory.cache()));
    }
    return machineText() + "\n" + sharingText() + table.text();
  }

  /** The machine's line: it adds up. */
  public String machineText() {
    return String.format(
        Locale.ROOT,
        "%.1f s: %s of %s MiB free (%.1f %%), %s; guests %s, tables %.1f, cache %s, reserve %.1f",
        nanos / NANOS,
        mib(machine.free()),
        mib(machine.total()),
        100.0 * machine.free() / machine.total(),
        word(machine.state()),
        mib(machine.guest()),
        machine.tables() / MIB,
        mib(machine.cache()),
        machine.reserve() / MIB);
  }

  /** A line, if there is anything to say. */
  private String sharingText() {
    if (scan.scanned() == 0 && sharedBytes() == 0) {
      return "";
    }
    long breaks = vms.stream().mapToLong(vm -> vm.traffic().breaks()).sum();
    return String.format(
        Locale.ROOT,
        "sharing: %s MiB of pages on %s MiB of frames, %s saved; %,d passes, %,d merged, %,d zero,"
            + " %,d breaks%n",
        mib(sharedBytes()),
        mib(pagesShared() * Policy.PAGE),
        mib(machine.saved()),
        scan.passes(),
        scan.merged(),
        scan.zeroDropped(),
        breaks);
  }

  private static String shortName(Vm vm) {
    return vm.name().substring(0, Math.min(vm.name().length(), LONGEST_NAME));
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.0f", bytes / MIB);
  }

  /** Nothing for a guest without proxy memory. */
  private static String proxied(VmSnapshot memory, long bytes) {
    return memory.proxy().own() == 0 ? "" : mib(bytes);
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f", 100 * part);
  }
}
