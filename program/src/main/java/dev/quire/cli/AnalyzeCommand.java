package dev.quire.cli;

import dev.quire.analyze.Analysis;
import dev.quire.analyze.AnalysisFormats;
import dev.quire.analyze.AnalysisText;
import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.TimeSpan;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire analyze}: estimators of how much memory a VM uses, judged on a recorded trace. */
@Command(
    name = "analyze",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Says what estimators of a guest's memory use see in a trace that 'quire run"
            + " --trace-memory FILE' recorded, and how far that is from the truth: of curves, the"
            + " exact one of LRU; of working sets, the frames that were in use."
            + " docs/estimation.md explains the estimators.")
final class AnalyzeCommand implements Callable<Integer> {
  /** More frames than any guest has. */
  private static final int MOST = 1 << 24;

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(paramLabel = "TRACE", description = "The trace.")
  private Path trace = Path.of("");

  @Option(
      names = "--filter",
      paramLabel = "N",
      description =
          "Curves are of what an LRU filter of N frames leaves (default: the trace's own filter).")
  private @Nullable Integer filter;

  @Option(
      names = "--s-max",
      paramLabel = "N",
      description = "The most frames that SHARDS follows (default 8192).")
  private int sMax = 8192;

  @Option(
      names = "--period",
      paramLabel = "D",
      defaultValue = "100ms",
      description = "Of the guest's time, for working sets (default 100ms).")
  private String period = "";

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "Frames that are sampled in each period (default 100).")
  private int sample = 100;

  @Option(names = "--seed", paramLabel = "N", description = "Of all samples (default 1).")
  private long seed = 1;

  @Option(names = "--svg", paramLabel = "F", description = "Draw curves and working sets to F.")
  private @Nullable Path svg;

  @Option(names = "--csv", paramLabel = "F", description = "Write their points to F.")
  private @Nullable Path csv;

  @Option(names = "--json", description = "Print one JSON object, in bytes, with the curves.")
  private boolean json;

  @Override
  public Integer call() {
    Analysis analysis = Analysis.of(trace, options());
    if (svg != null) {
      write(svg, AnalysisFormats.svg(analysis));
    }
    if (csv != null) {
      write(csv, AnalysisFormats.csv(analysis));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? AnalysisFormats.json(analysis) : new AnalysisText(analysis).text());
    out.flush();
    return 0;
  }

  private Analysis.Options options() {
    long nanos = TimeSpan.parse(period);
    if (nanos == 0) {
      throw new UserError("--period must be longer than 0.");
    }
    return new Analysis.Options(
        filter == null ? 0 : frames("--filter", filter),
        frames("--s-max", sMax),
        nanos,
        frames("--sample", sample),
        seed);
  }

  private static int frames(String option, int value) {
    if (value < 1 || value > MOST) {
      throw UserError.of("%s %,d is not possible: 1 to %,d frames are.", option, value, MOST);
    }
    return value;
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UserError("%s cannot be written: %s.".formatted(file, FileTrouble.of(e)), e);
    }
  }
}
