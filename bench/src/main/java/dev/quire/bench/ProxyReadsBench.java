package dev.quire.bench;

import dev.quire.monitor.proxy.ProxyCounters;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads of the disk, with a cache of the monitor's and with memory of the guest's own. */
@Command(
    name = "reads",
    mixinStandardHelpOptions = true,
    description = {
      "Has guests do the same work with all their memory, and with a part of it as proxy memory;",
      "prints what they read from the disk, and what proxy memory saw."
    })
final class ProxyReadsBench implements Callable<Integer> {
  @Parameters(paramLabel = "WORKLOAD", description = ProxyWorkload.NAMES + "; by default all.")
  private List<String> names = List.of();

  @Option(names = "--own", defaultValue = "60", description = "M0, in per cent of the memory.")
  private int own = 60;

  @Option(names = "--disk-us", defaultValue = "100", description = "A disk's time for a request.")
  private long diskMicros = 100;

  @Override
  public Integer call() throws IOException {
    System.out.println(
        "workload   lru_gen  own memory  proxy memory    ratio    reads     hits  inPlace"
            + "  byStore byReport byTransf byBallon    false  written  partial  refused"
            + "   guest s: own  proxy");
    for (ProxyWorkload workload : ProxyWorkload.of(names)) {
      ProxyGuest.Outcome whole = run(workload, 0, false);
      print(workload, whole, run(workload, workload.pages(100 - own), true));
    }
    return 0;
  }

  private ProxyGuest.Outcome run(ProxyWorkload workload, int taken, boolean cached)
      throws IOException {
    return ProxyGuest.run(new ProxyGuest.Plan(workload, taken, cached, diskMicros * 1000));
  }

  private static void print(
      ProxyWorkload workload, ProxyGuest.Outcome whole, ProxyGuest.Outcome proxied) {
    ProxyCounters seen = proxied.counters();
    System.out.printf(
        Locale.ROOT,
        "%-10s %8s %11d %13d %8s %8d %8d %8d %8d %8d %8d %8d %8d %8d %8d %8d %14.3f %6.3f%n",
        workload.name(),
        proxied.lruGen(),
        whole.diskReads(),
        proxied.diskReads(),
        whole.diskReads() == 0
            ? "-"
            : String.format(Locale.ROOT, "%.3f", (double) proxied.diskReads() / whole.diskReads()),
        seen.reads(),
        seen.hits(),
        seen.inPlace(),
        seen.byStore(),
        seen.byReport(),
        seen.byTransfer(),
        seen.byBalloon(),
        seen.falseEvictions(),
        seen.overwritten(),
        seen.partial(),
        seen.refused(),
        whole.guestNanos() / 1e9,
        proxied.guestNanos() / 1e9);
  }
}
