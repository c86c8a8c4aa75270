package dev.quire.host;

import dev.quire.control.Answer;
import dev.quire.control.Arguments;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.Reply;
import dev.quire.control.Streamed;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** What can be asked of a host as a whole, in the order of lists for users. */
public final class HostCommands {
  public static final ControlCommand<HostControl> PS =
      new ControlCommand<>(
          "ps",
          List.of(),
          "Lists the guests and what each has of the machine's memory.",
          (host, arguments) -> report(host, HostReport::psText));

  public static final ControlCommand<HostControl> TOP =
      new ControlCommand<>(
          "top",
          List.of(),
          "Shows the machine's memory and the guests', as it changes.",
          (host, arguments) -> report(host, HostReport::topText));

  private static final ControlCommand<HostControl> STATS =
      new ControlCommand<>(
          "stats", List.of(), "Shows memory and counters of all guests.", HostCommands::stats);

  public static final ControlCommand<HostControl> EVENTS =
      new ControlCommand<>(
          "events",
          List.of(Argument.flag("follow", "Go on with those that come.")),
          "Lists what happened lately, and why.",
          HostCommands::events);

  public static final ControlCommand<HostControl> STOP =
      new ControlCommand<>(
          "stop",
          List.of(Argument.flag("now", "Cut the guests' power.")),
          "Stops a guest in order, or without a name the host with all its guests.",
          HostCommands::stop);

  /** All of them. */
  static final List<ControlCommand<HostControl>> ALL =
      List.of(PS, TOP, STATS, EVENTS, CopyCommands.RESTORE, STOP);

  /** Those that a command line can ask of a guest, too. */
  public static final List<ControlCommand<HostControl>> ANSWERED = List.of(STATS, STOP);

  private HostCommands() {}

  private static Answer report(HostControl host, Function<HostReport, String> text) {
    return host.managed(
        () -> {
          HostReport report = HostReport.of(host.session());
          return new Answer(text.apply(report), report.json());
        });
  }

  private static Answer stats(HostControl host, Arguments arguments) {
    return host.managed(
        () -> {
          HostReport report = HostReport.of(host.session());
          StringBuilder text = new StringBuilder(report.psText());
          HostCounters.of(host.session())
              .forEach(
                  (vm, counts) ->
                      text.append(vm.isEmpty() ? "machine" : vm).append(": ").append(line(counts)));
          return new Answer(text.toString(), report.json());
        });
  }

  /** Those that are not 0. */
  static String line(Map<String, Long> counts) {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (name, count) -> {
          if (count != 0) {
            text.append(text.isEmpty() ? "" : ", ").append(name);
            text.append(String.format(Locale.ROOT, " %,d", count));
          }
        });
    return text.append('\n').toString();
  }

  private static Reply events(HostControl host, Arguments arguments) {
    HostEvents events = host.session().events();
    if (arguments.has("follow")) {
      return (Streamed) parts -> follow(events, parts);
    }
    StringBuilder text = new StringBuilder();
    List<HostEvent> kept = events.since(0);
    kept.forEach(event -> text.append(event.line()));
    return new Answer(text.toString(), Map.of("events", kept));
  }

  private static void follow(HostEvents events, Streamed.Parts parts)
      throws IOException, InterruptedException {
    long seen = 0;
    while (true) {
      List<HostEvent> next = events.await(seen, Streamed.SILENCE_MILLIS);
      for (HostEvent event : next) {
        parts.part(event);
        seen = event.number();
      }
      if (next.isEmpty()) {
        if (events.closed()) {
          return;
        }
        parts.nothing();
      }
    }
  }

  private static Answer stop(HostControl host, Arguments arguments) {
    return host.managed(
        () -> {
          HostSession session = host.session();
          if (arguments.has("now")) {
            session.cut();
          } else {
            session.stop();
          }
          List<String> running =
              session.vms().stream().filter(vm -> vm.state().exists()).map(HostedVm::name).toList();
          String whom = running.isEmpty() ? "no guest runs" : String.join(", ", running);
          return new Answer("The host is stopping: " + whom + ".\n", Map.of("stopping", running));
        });
  }
}
