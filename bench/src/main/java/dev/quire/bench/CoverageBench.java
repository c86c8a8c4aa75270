package dev.quire.bench;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.sampling.Estimate;
import dev.quire.monitor.sampling.Sampler;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How often a sample's interval covers the truth, and how far estimates are from it. */
@Command(
    name = "coverage",
    mixinStandardHelpOptions = true,
    description = {
      "Holds estimates of the memory in use against the truth, which is traced meanwhile: programs",
      "that touch a constant part of a guest of 512 MiB. Part and errors in per cent of the guest."
    })
final class CoverageBench implements Callable<Integer> {
  private static final Pattern TOUCHED = Pattern.compile("touched \\d+ MiB, loops (\\d+)");

  @Option(names = "--percent", split = ",", defaultValue = "10,25,50,65")
  private List<Integer> percents = List.of();

  @Option(names = "--periods", defaultValue = "200", description = "For each part.")
  private int periods = 200;

  @Option(names = "--ms", defaultValue = "8", description = "A period: million instructions.")
  private long millis = 8;

  @Option(names = "--pages", defaultValue = "100", description = "In a sample.")
  private int pages = 100;

  @Option(
      names = "--warm-up",
      defaultValue = "40",
      description = "Periods before those that count.")
  private int warmUp = 40;

  @Option(names = "--paging", defaultValue = "nested")
  private String paging = "nested";

  @Override
  public Integer call() throws IOException {
    var settings = new Sampler.Settings(pages, TimeUnit.MILLISECONDS.toNanos(millis));
    PagingChoice choice = PagingChoice.parse(paging);
    if (choice == PagingChoice.NATIVE || periods < 1 || warmUp < 0) {
      throw new UserError("Not native; at least 1 period, and no negative number.");
    }
    System.out.println(
        "program periods loops   truth (least, most)       f   bias  covers  width"
            + "   rms | max: bias    rms | bits: bias    rms");
    for (int percent : percents) {
      SampledGuest.Plan plan = new SampledGuest.Plan(choice, settings, warmUp, periods);
      String arguments = SampledGuest.mib(percent) + " --ms " + plan.millis();
      SampledGuest.Outcome outcome = SampledGuest.run(plan, arguments);
      print(percent, outcome, (double) plan.millis() / millis);
    }
    return 0;
  }

  private static void print(int percent, SampledGuest.Outcome outcome, double all) {
    Periods periods = new Periods(outcome.estimates());
    Matcher touched = TOUCHED.matcher(outcome.output());
    double loops = touched.find() ? Integer.parseInt(touched.group(1)) / all : 0;
    System.out.printf(
        Locale.ROOT,
        "%5d %% %7d %5.1f  %6.2f (%5.2f, %5.2f)  %6.2f %+6.2f %6.1f%% %6.2f %5.2f"
            + " |    %+6.2f %6.2f |     %+6.2f %6.2f%n",
        percent,
        outcome.estimates().size(),
        loops,
        100 * periods.mean(Periods::truth),
        100 * outcome.estimates().stream().mapToDouble(Periods::truth).min().orElseThrow(),
        100 * outcome.estimates().stream().mapToDouble(Periods::truth).max().orElseThrow(),
        100 * periods.mean(Estimate::fraction),
        100 * periods.bias(Estimate::fraction),
        100 * periods.coverage(),
        100 * periods.width(),
        100 * periods.error(Estimate::fraction),
        100 * periods.bias(Estimate::maximum),
        100 * periods.error(Estimate::maximum),
        100 * periods.bias(Periods::accessed),
        100 * periods.error(Periods::accessed));
  }
}
