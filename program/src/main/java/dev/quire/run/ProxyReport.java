package dev.quire.run;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.proxy.ProxyCounters;
import dev.quire.monitor.proxy.ProxyMemory;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be said of a VM's proxy memory. Sizes are bytes.
 *
 * @param own M0
 * @param cache in the cache's frames
 * @param capacity what the cache may have
 * @param counters since the VM's start
 * @param seconds of the host's time that it took, exits for stores included
 */
record ProxyReport(long own, long cache, long capacity, ProxyCounters counters, double seconds) {
  private static final double MIB = 1 << 20;

  /** Null if it has none. */
  static @Nullable ProxyReport of(VirtualMachine vm) {
    ProxyMemory proxy = vm.proxy();
    if (proxy == null) {
      return null;
    }
    ProxyCounters counters = proxy.counters();
    double seconds = (counters.nanos() + vm.exits().watchedNanos()) / 1e9;
    return new ProxyReport(proxy.own(), proxy.cached(), proxy.capacity(), counters, seconds);
  }

  /** For reading: a text for each of some words. */
  Map<String, String> lines() {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put(
        "proxy memory",
        String.format(
            Locale.ROOT,
            "M0 %.1f MiB, cache %.1f of %.1f MiB; %.3f ms",
            own / MIB,
            cache / MIB,
            capacity / MIB,
            seconds * 1e3));
    lines.put(
        "disk pages",
        String.format(
            Locale.ROOT,
            "%,d read: %,d hits, %,d in place, %,d disk reads; %,d written; %,d partial transfers",
            counters.reads(),
            counters.hits(),
            counters.inPlace(),
            counters.diskReads(),
            counters.writes(),
            counters.partial()));
    lines.put(
        "evictions",
        String.format(
            Locale.ROOT,
            "by store %,d, report %,d, transfer %,d, balloon %,d; false %,d, overwritten %,d;"
                + " %,d pages changed in place",
            counters.byStore(),
            counters.byReport(),
            counters.byTransfer(),
            counters.byBalloon(),
            counters.falseEvictions(),
            counters.overwritten(),
            counters.changed()));
    lines.put(
        "cache",
        String.format(
            Locale.ROOT,
            "%,d displaced, %,d refused; %,d hits checked, %,d wrong",
            counters.displaced(),
            counters.refused(),
            counters.checked(),
            counters.wrong()));
    return lines;
  }
}
