package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.control.EstimateLines;
import dev.quire.host.GuestCommands;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire wss}: how much of its memory a guest uses. */
@Command(
    name = "wss",
    mixinStandardHelpOptions = true,
    description = {
      "Estimates how much of its memory a guest uses: of pages chosen at random, the",
      "part that it touched in a period (fraction), and where that of all pages lies",
      "with 95 %% confidence (low, high). estimate: the greatest of three averages",
      "over the periods; accessed: what accessed bits say; truth: what was used; in",
      "MiB. docs/estimation.md explains them."
    })
final class WssCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(index = "0", paramLabel = "VM", description = "A guest's name, or HOST/VM.")
  private String guest = "";

  @Parameters(
      index = "1..*",
      paramLabel = "pages=N period=D truth=on|off",
      hideParamSyntax = true,
      description =
          "pages: sample so many pages in each period; 0: none. period: of the guest's time, for"
              + " example 5s. truth: trace each reference; the guest is slow meanwhile.")
  private List<String> settings = new ArrayList<>();

  @Option(names = "--watch", description = "A line for each period, until the guest ends.")
  private boolean watch;

  @Option(names = "--json", description = "Print JSON; with --watch a line for each period.")
  private boolean json;

  private boolean begun;

  @Override
  public Integer call() {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    ControlClient.Subject subject = client.guest(guest);
    List<String> words = new ArrayList<>(settings);
    if (watch) {
      words.add("--watch");
    }
    Arguments arguments = Arguments.ofWords(GuestCommands.WSS, words);
    if (watch) {
      client.follow(subject, GuestCommands.WSS, arguments, this::show);
    } else {
      print(client.ask(subject, GuestCommands.WSS, arguments, json));
    }
    return 0;
  }

  private void show(Map<String, Object> period) {
    if (json) {
      print(Json.writeLine(period));
      return;
    }
    if (!begun) {
      begun = true;
      print((EstimateLines.hasTruth(period) ? "" : EstimateLines.NO_TRUTH) + EstimateLines.HEADING);
    }
    print(EstimateLines.line(period));
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
