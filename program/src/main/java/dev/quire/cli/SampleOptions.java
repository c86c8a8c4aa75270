package dev.quire.cli;

import dev.quire.machine.board.TimeSpan;
import dev.quire.monitor.sampling.Sampler;
import picocli.CommandLine.Option;

/** The options that say how a guest's use of memory is sampled. */
final class SampleOptions {
  @Option(
      names = "--sample-pages",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Sample so many pages of a guest that is virtualized in each period, for 'quire wss'; 0:"
              + " none (default ${DEFAULT-VALUE}).")
  private int pages;

  @Option(
      names = "--sample-period",
      paramLabel = "D",
      defaultValue = "30s",
      description = "A period of the guest's time (default ${DEFAULT-VALUE}).")
  private String period = "";

  Sampler.Settings settings() {
    return new Sampler.Settings(pages, TimeSpan.parse(period));
  }
}
