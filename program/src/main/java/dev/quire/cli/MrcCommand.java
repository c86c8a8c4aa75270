package dev.quire.cli;

import dev.quire.chart.Axis;
import dev.quire.chart.SvgChart;
import dev.quire.chart.Unit;
import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.host.GuestCommands;
import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.UserError;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire mrc}: how often a guest would miss with each size of memory. */
@Command(
    name = "mrc",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the miss-ratio curve of a guest with proxy memory: of the pages that it",
      "reads from its disks, how many it would still read if it had more memory than",
      "it keeps. docs/proxy.md explains it."
    })
final class MrcCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(index = "0", paramLabel = "VM", description = "A guest's name, or HOST/VM.")
  private String guest = "";

  @Option(
      names = "--recent",
      description = "Of late: what was read 10 s of its time earlier counts half as much.")
  private boolean recent;

  @Option(names = "--reset", description = "Count anew from now on, after this answer.")
  private boolean reset;

  @Option(names = "--svg", paramLabel = "F", description = "Draw the curve to F.")
  private @Nullable Path svg;

  @Option(names = "--json", description = "Print JSON, in bytes.")
  private boolean json;

  @Override
  public Integer call() {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    ControlClient.Subject subject = client.guest(guest);
    if (svg != null) {
      String answer = client.ask(subject, GuestCommands.MRC, arguments(false), true);
      write(svg, drawing(Json.readObject(answer)));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(client.ask(subject, GuestCommands.MRC, arguments(reset), json));
    out.flush();
    return 0;
  }

  private Arguments arguments(boolean resets) {
    List<String> words = new ArrayList<>();
    if (recent) {
      words.add("--recent");
    }
    if (resets) {
      words.add("--reset");
    }
    return Arguments.ofWords(GuestCommands.MRC, words);
  }

  private String drawing(Map<String, ?> curve) {
    List<?> points = curve.get("points") instanceof List<?> list ? list : List.of();
    return new SvgChart(
            "Misses of " + guest + " by its memory",
            new Axis("memory", Unit.BYTES),
            new Axis("pages read from disks", Unit.COUNT))
        .staircase("proxy memory", column(points, "bytes"), column(points, "misses"))
        .svg();
  }

  private static double[] column(List<?> points, String key) {
    return points.stream()
        .mapToDouble(
            point ->
                point instanceof Map<?, ?> map && map.get(key) instanceof Number number
                    ? number.doubleValue()
                    : Double.NaN)
        .toArray();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UserError("%s cannot be written: %s.".formatted(file, FileTrouble.of(e)), e);
    }
  }
}
