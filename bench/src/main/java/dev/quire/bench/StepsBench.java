package dev.quire.bench;

import dev.quire.chart.Axis;
import dev.quire.chart.SvgChart;
import dev.quire.chart.Unit;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How estimates follow a program that uses more and less: Figure 6 of the paper on ESX. */
@Command(
    name = "steps",
    mixinStandardHelpOptions = true,
    description = {
      "Follows a program that touches more and less of a guest of 512 MiB, step by step, with the",
      "estimates and the truth; prints a line of per cents of the guest for each period."
    })
final class StepsBench implements Callable<Integer> {
  @Option(names = "--percent", split = ",", defaultValue = "10,50,25,65,15,40")
  private List<Integer> percents = List.of();

  @Option(names = "--periods", defaultValue = "20", description = "In each step.")
  private int periods = 20;

  @Option(names = "--ms", defaultValue = "8", description = "A period: million instructions.")
  private long millis = 8;

  @Option(names = "--pages", defaultValue = "100", description = "In a sample.")
  private int pages = 100;

  @Option(names = "--svg", paramLabel = "FILE", description = "Draw it, too.")
  private @Nullable Path svg;

  @Override
  public Integer call() throws IOException {
    if (periods < 1) {
      throw new UserError("At least 1 period a step.");
    }
    var settings = new Sampler.Settings(pages, TimeUnit.MILLISECONDS.toNanos(millis));
    var plan = new SampledGuest.Plan(PagingChoice.NESTED, settings, 0, percents.size() * periods);
    String active =
        percents.stream()
            .map(percent -> Long.toString(SampledGuest.mib(percent)))
            .collect(Collectors.joining(","));
    int most = percents.stream().mapToInt(percent -> percent).max().orElseThrow();
    List<Estimate> estimates =
        SampledGuest.run(
                plan,
                "%d --active %s --ms %d"
                    .formatted(SampledGuest.mib(most), active, periods * millis))
            .estimates();
    print(estimates);
    if (svg != null) {
      Files.writeString(svg, SvgChart.column(List.of(averages(estimates), samples(estimates))));
    }
    return 0;
  }

  private static void print(List<Estimate> estimates) {
    System.out.println("period  truth      f    low   high   slow   fast    max   bits");
    int number = 0;
    for (Estimate estimate : estimates) {
      number++;
      System.out.printf(
          Locale.ROOT,
          "%6d %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f%n",
          number,
          100 * Periods.truth(estimate),
          100 * estimate.fraction(),
          100 * estimate.interval().low(),
          100 * estimate.interval().high(),
          100 * estimate.slow(),
          100 * estimate.fast(),
          100 * estimate.maximum(),
          100 * Periods.accessed(estimate));
    }
  }

  private SvgChart averages(List<Estimate> estimates) {
    return chart("What is acted on: the greatest of the averages", estimates)
        .line("slow", ends(estimates), values(estimates, Estimate::slow))
        .line("fast", ends(estimates), values(estimates, Estimate::fast))
        .line("estimate: the maximum", ends(estimates), values(estimates, Estimate::maximum));
  }

  private SvgChart samples(List<Estimate> estimates) {
    return chart("What single periods show", estimates)
        .line("sample", ends(estimates), values(estimates, Estimate::fraction))
        .band(
            "its 95 % interval",
            ends(estimates),
            values(estimates, e -> e.interval().low()),
            values(estimates, e -> e.interval().high()))
        .line("accessed bits", ends(estimates), values(estimates, Periods::accessed));
  }

  private SvgChart chart(String title, List<Estimate> estimates) {
    String periods = "periods of %d million instructions, %d pages each".formatted(millis, pages);
    double[] begins = IntStream.range(0, estimates.size()).mapToDouble(i -> i).toArray();
    return new SvgChart(title, new Axis(periods, Unit.COUNT), new Axis("of 512 MiB", Unit.PART))
        .staircase("truth", begins, values(estimates, Periods::truth));
  }

  private static double[] ends(List<Estimate> estimates) {
    return IntStream.rangeClosed(1, estimates.size()).mapToDouble(i -> i).toArray();
  }

  private static double[] values(List<Estimate> estimates, ToDoubleFunction<Estimate> of) {
    return estimates.stream().mapToDouble(of).toArray();
  }
}
