package dev.quire.bench;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.sampling.SampleCounters;
import dev.quire.monitor.sampling.Sampler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What sampling takes of the time of a guest that works. */
@Command(
    name = "cost",
    mixinStandardHelpOptions = true,
    description = {
      "Has a guest of 512 MiB, under the host clock, do the same work again and again: not"
          + " sampled,",
      "sampled as by default, and a hundred times as often, in turn."
    })
final class SamplingCostBench implements Callable<Integer> {
  private static final long DEFAULT_NANOS = Sampler.Settings.STANDARD.periodNanos();
  private static final int DEFAULT_PAGES = Sampler.Settings.STANDARD.pages();

  @Option(names = "--rounds", defaultValue = "5")
  private int rounds = 5;

  @Option(
      names = "--command",
      defaultValue = "pattern 256 --passes 6",
      description = "The work; by default ${DEFAULT-VALUE}.")
  private String command = "";

  /** One way to sample, and what its runs have cost. */
  private static final class Way {
    private final String name;
    private final Sampler.Settings settings;
    private final List<Double> cpu = new ArrayList<>();
    private final List<Double> wall = new ArrayList<>();
    private long choosing;
    private long touches;
    private long harvesting;

    Way(String name, int pages, long periodNanos) {
      this.name = name;
      this.settings = new Sampler.Settings(pages, periodNanos);
    }

    void run(QuireGuest guest, String command) {
      SampleCounters before = guest.sampling();
      guest.sample(settings); // which chooses a sample: a run has one at least
      QuireGuest.Cost cost = guest.exec(command);
      SampleCounters after = guest.sampling();
      if (cost.status() != 0) {
        throw new UserError("The command failed: " + cost.output());
      }
      choosing += after.choosing() - before.choosing();
      touches += after.touches() - before.touches();
      harvesting += after.harvesting() - before.harvesting();
      cpu.add(cost.cpuSeconds());
      wall.add(cost.seconds());
    }

    void print(double unsampled) {
      double seconds = cpu.stream().mapToDouble(each -> each).sum();
      System.out.printf(
          Locale.ROOT,
          "%-14s %8.2f %10.3f %10.3f %10.3f %9.4f %% %9.4f %% %9.2f %9.2f %+7.1f %%%n",
          name,
          seconds,
          choosing / 1e6,
          touches / 1e6,
          harvesting / 1e6,
          (choosing + touches) / 1e7 / seconds,
          harvesting / 1e7 / seconds,
          Figures.median(cpu),
          Figures.median(wall),
          100 * (Figures.median(cpu) / unsampled - 1));
    }
  }

  @Override
  public Integer call() throws IOException {
    if (rounds < 1) {
      throw new UserError("At least 1 round.");
    }
    List<Way> ways =
        List.of(
            new Way("off", 0, DEFAULT_NANOS),
            new Way("100 in 30 s", DEFAULT_PAGES, DEFAULT_NANOS),
            new Way("100 in 300 ms", DEFAULT_PAGES, DEFAULT_NANOS / 100));
    try (QuireGuest guest =
        new QuireGuest(SampledGuest.config().countsInstructions(false).build())) {
      var _ = guest.exec(command); // the JIT compiler's time is none of theirs
      for (int round = 0; round < rounds; round++) {
        for (Way way : ways) {
          way.run(guest, command);
        }
      }
    }
    System.out.println(
        "                   CPU s ms choosing    touches harvesting    sampling  harvesting"
            + " median CPU s    wall        A/B");
    double unsampled = Figures.median(ways.getFirst().cpu);
    ways.forEach(way -> way.print(unsampled));
    return 0;
  }
}
