package dev.quire.bench;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What proxy memory takes of the host's time. */
@Command(
    name = "cost",
    mixinStandardHelpOptions = true,
    description = {
      "Has guests with the same balloon do the same work without and with proxy memory, in turn;",
      "prints the CPU time of both, and what proxy memory says that it took."
    })
final class ProxyCostBench implements Callable<Integer> {
  @Parameters(paramLabel = "WORKLOAD", description = ProxyWorkload.NAMES + "; by default all.")
  private List<String> names = List.of();

  @Option(names = "--own", defaultValue = "60", description = "M0, in per cent of the memory.")
  private int own = 60;

  @Option(names = "--rounds", defaultValue = "3")
  private int rounds = 3;

  @Override
  public Integer call() throws IOException {
    if (rounds < 1) {
      throw new UserError("At least 1 round.");
    }
    System.out.println(
        "workload    reads  median CPU s: without     with       A/B  proxy memory s     part");
    for (ProxyWorkload workload : ProxyWorkload.of(names)) {
      measure(workload);
    }
    return 0;
  }

  private void measure(ProxyWorkload workload) throws IOException {
    int taken = workload.pages(100 - own);
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    List<Double> inside = new ArrayList<>();
    List<Double> parts = new ArrayList<>();
    long reads = 0;
    for (int round = 0; round < rounds; round++) {
      without.add(ProxyGuest.run(new ProxyGuest.Plan(workload, taken, false, 0)).cpuNanos() / 1e9);
      var proxied = ProxyGuest.run(new ProxyGuest.Plan(workload, taken, true, 0));
      with.add(proxied.cpuNanos() / 1e9);
      inside.add(proxied.proxyNanos() / 1e9);
      parts.add((double) proxied.proxyNanos() / proxied.cpuNanos());
      reads = proxied.counters().reads();
    }
    System.out.printf(
        Locale.ROOT,
        "%-10s %6d %22.2f %8.2f %+7.1f %% %15.3f %6.2f %%%n",
        workload.name(),
        reads,
        Figures.median(without),
        Figures.median(with),
        100 * (Figures.median(with) / Figures.median(without) - 1),
        Figures.median(inside),
        100 * Figures.median(parts));
  }
}
