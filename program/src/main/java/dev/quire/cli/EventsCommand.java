package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.host.HostCommands;
import dev.quire.host.HostEvent;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quire events}: what happened on a host, and why. */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description = "Lists what happened on a host lately, and why.")
final class EventsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Option(names = "--host", paramLabel = "NAME", description = "Which host, if there are several.")
  private @Nullable String host;

  @Option(names = "--follow", description = "Go on with those that come, until the host ends.")
  private boolean follow;

  @Option(names = "--json", description = "Print JSON; with --follow a line for each event.")
  private boolean json;

  @Override
  public Integer call() {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    ControlClient.Subject subject = client.host(host);
    if (follow) {
      Arguments following = Arguments.ofWords(HostCommands.EVENTS, List.of("--follow"));
      client.follow(subject, HostCommands.EVENTS, following, this::show);
    } else {
      Arguments none = Arguments.ofWords(HostCommands.EVENTS, List.of());
      print(client.ask(subject, HostCommands.EVENTS, none, json));
    }
    return 0;
  }

  private void show(Map<String, Object> event) {
    print(json ? Json.writeLine(event) : HostEvent.of(event).line());
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
