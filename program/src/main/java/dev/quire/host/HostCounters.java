package dev.quire.host;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import dev.quire.monitor.proxy.SwapDisk;
import dev.quire.monitor.proxy.SwapDiskCounters;
import dev.quire.monitor.sampling.SampleCounters;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.sharing.ScanCounters;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What the guests have counted: of pages since the host's start, else since their own. */
final class HostCounters {
  private HostCounters() {}

  /** By guest and name, the machine's under ""; on the thread that manages the host. */
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
    Map<String, Long> scan = new LinkedHashMap<>();
    of(session.manager().scanned())
        .forEach(
            (name, count) ->
                scan.put(
                    "scan" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1),
                    count));
    counters.put("", scan);
    return counters;
  }

  private static Map<String, Long> work(VirtualMachine vm) {
    Map<String, Long> work = new LinkedHashMap<>();
    work.put("instructions", vm.instructions());
    work.put("exits", vm.exits().total());
    Sampler sampler = vm.sampler();
    if (sampler != null) {
      SampleCounters counters = sampler.counters(vm.exits().sampleNanos());
      work.put("samplePeriods", counters.periods());
      work.put("sampledPages", counters.sampled());
      work.put("touchedPages", counters.touched());
      work.put("samplingNanos", counters.nanos());
      work.put("harvestingNanos", counters.harvesting());
    }
    SwapDisk disk = vm.swapDisk();
    if (disk != null) {
      SwapDiskCounters counters = disk.counters();
      work.put("swapDiskReads", counters.reads());
      work.put("swapDiskWrites", counters.writes());
      work.put("swapDiskDiscards", counters.discards());
    }
    ProxyMemory proxy = vm.proxy();
    if (proxy != null) {
      work.putAll(proxied(proxy.counters(), vm.exits().watchedNanos()));
    }
    return work;
  }

  /**
   * What proxy memory saw; all but {@code proxyNanos} are pages.
   *
   * @param exitNanos of the host's time in exits of stores
   */
  private static Map<String, Long> proxied(ProxyCounters proxy, long exitNanos) {
    Map<String, Long> pages = new LinkedHashMap<>();
    pages.put("proxyReads", proxy.reads());
    pages.put("proxyHits", proxy.hits());
    pages.put("proxyInPlace", proxy.inPlace());
    pages.put("proxyDiskReads", proxy.diskReads());
    pages.put("proxyWrites", proxy.writes());
    pages.put("proxyPartial", proxy.partial());
    pages.put("proxyEvictedByStore", proxy.byStore());
    pages.put("proxyEvictedByReport", proxy.byReport());
    pages.put("proxyEvictedByTransfer", proxy.byTransfer());
    pages.put("proxyEvictedByBalloon", proxy.byBalloon());
    pages.put("proxyChanged", proxy.changed());
    pages.put("proxyFalseEvictions", proxy.falseEvictions());
    pages.put("proxyOverwritten", proxy.overwritten());
    pages.put("proxyDisplaced", proxy.displaced());
    pages.put("proxyRefused", proxy.refused());
    pages.put("proxyChecked", proxy.checked());
    pages.put("proxyWrong", proxy.wrong());
    pages.put("proxyNanos", proxy.nanos() + exitNanos);
    return pages;
  }

  /** What came of looking for equal pages; all but {@code passes} are pages. */
  static Map<String, Long> of(ScanCounters scan) {
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("passes", scan.passes());
    counts.put("scanned", scan.scanned());
    counts.put("zeroDropped", scan.zeroDropped());
    counts.put("skippedVolatile", scan.skippedVolatile());
    counts.put("known", scan.known());
    counts.put("hinted", scan.hinted());
    counts.put("hintHits", scan.hintHits());
    counts.put("falseHints", scan.falseHints());
    counts.put("sharedHits", scan.sharedHits());
    counts.put("falseShared", scan.falseShared());
    counts.put("promoted", scan.promoted());
    counts.put("merged", scan.merged());
    counts.put("failed", scan.failed());
    return counts;
  }

  /** Memory that came and went; of pages that were shared, how many. */
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
    bytes.put("breaks", traffic.breaks());
    bytes.put("reused", traffic.reused());
    return bytes;
  }
}
