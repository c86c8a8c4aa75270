package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlClient.Subject;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.ControlFolder;
import dev.quire.host.GuestCommands;
import dev.quire.host.HostCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command of the registries, asked of a running guest, {@code quire walk VM GVA}, or if it is one
 * for hosts, too, and no guest is named, of a host: {@code quire stats}.
 */
final class AskCommand implements Callable<Integer> {
  private static final String JSON = "--json";
  private static final String HOST = "--host";
  private static final long LOOK_MILLIS = 100;

  private final ControlCommand<?> ofGuest;
  private final @Nullable ControlCommand<?> ofHost;
  private final CommandSpec spec;

  private AskCommand(ControlCommand<?> ofGuest, @Nullable ControlCommand<?> ofHost) {
    this.ofGuest = ofGuest;
    this.ofHost = ofHost;
    this.spec = CommandSpec.wrapWithoutInspection(this);
  }

  /** All of them, as picocli wants them. */
  static List<CommandSpec> specs() {
    List<CommandSpec> specs = new ArrayList<>();
    for (ControlCommand<?> command : GuestCommands.ANSWERED) {
      ControlCommand<?> ofHost = null;
      for (ControlCommand<?> other : HostCommands.ANSWERED) {
        ofHost = other.name().equals(command.name()) ? other : ofHost;
      }
      specs.add(new AskCommand(command, ofHost).describe());
    }
    return specs;
  }

  private CommandSpec describe() {
    spec.name(ofGuest.name()).mixinStandardHelpOptions(true);
    ControlCommand<?> described = ofHost == null ? ofGuest : ofHost;
    spec.usageMessage().description(described.description());
    spec.addPositional(
        place("0", ofHost == null ? "1" : "0..1", "VM", "A guest's name, or HOST/VM."));
    int index = 1;
    for (Argument argument : ofGuest.arguments()) {
      switch (argument.kind()) {
        case OPTION -> spec.addOption(option(argument, String.class));
        case FLAG -> spec.addOption(option(argument, boolean.class));
        case SETTING -> {}
        case REQUIRED, FILE -> spec.addPositional(place(index++, "1", argument));
        case OPTIONAL, REST -> spec.addPositional(place(index++, "0..1", argument));
      }
    }
    addSettings(index);
    if (ofHost != null) {
      spec.addOption(
          OptionSpec.builder(HOST)
              .paramLabel("NAME")
              .description("Which host, if there are several.")
              .type(String.class)
              .build());
    }
    spec.addOption(OptionSpec.builder(JSON).type(boolean.class).description("Print JSON.").build());
    return spec;
  }

  /** They come in any order. */
  private void addSettings(int index) {
    List<String> labels = new ArrayList<>();
    List<String> descriptions = new ArrayList<>();
    for (Argument argument : ofGuest.arguments()) {
      if (argument.kind() == ControlCommand.Kind.SETTING) {
        labels.add(argument.name() + "=" + argument.label());
        descriptions.add(argument.name() + ": " + argument.description());
      }
    }
    if (!labels.isEmpty()) {
      String rest = index + "..*";
      String description = String.join(" ", descriptions);
      spec.addPositional(place(rest, "0..*", String.join(" ", labels), description));
    }
  }

  private static PositionalParamSpec place(int index, String arity, Argument argument) {
    return place(Integer.toString(index), arity, argument.label(), argument.description());
  }

  private static PositionalParamSpec place(
      String index, String arity, String label, String description) {
    return PositionalParamSpec.builder()
        .index(index)
        .arity(arity)
        .required(arity.equals("1"))
        .paramLabel(label)
        .hideParamSyntax(arity.equals("0..*"))
        .description(description)
        .type(arity.equals("0..*") ? String[].class : String.class)
        .build();
  }

  private static OptionSpec option(Argument argument, Class<?> type) {
    return OptionSpec.builder("--" + argument.name())
        .paramLabel(argument.label())
        .description(argument.description())
        .type(type)
        .build();
  }

  @Override
  public Integer call() throws InterruptedException {
    ParseResult given = spec.commandLine().getParseResult();
    List<String> places =
        given.matchedPositionals().stream()
            .flatMap(place -> place.originalStringValues().stream())
            .toList();
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    if (places.isEmpty() && ofHost != null) {
      Subject host = client.host(given.matchedOptionValue(HOST, null));
      ask(client, host, ofHost, places);
      if (ofHost.equals(HostCommands.STOP)) {
        awaitEnd(client, host);
      }
    } else {
      Subject guest = client.guest(places.getFirst());
      ask(client, guest, ofGuest, places.subList(1, places.size()));
    }
    return 0;
  }

  private void ask(
      ControlClient client, Subject subject, ControlCommand<?> command, List<String> places) {
    ParseResult given = spec.commandLine().getParseResult();
    List<String> words = new ArrayList<>();
    for (Argument argument : command.arguments()) {
      String option = "--" + argument.name();
      if (given.hasMatchedOption(option)) {
        boolean flag = argument.kind() == ControlCommand.Kind.FLAG;
        words.add(flag ? option : option + "=" + given.matchedOptionValue(option, ""));
      }
    }
    words.addAll(places);
    Arguments arguments = Arguments.ofWords(command, words);
    spec.commandLine()
        .getOut()
        .print(client.ask(subject, command, arguments, given.hasMatchedOption(JSON)));
    spec.commandLine().getOut().flush();
  }

  /** Guests take their time to power off. */
  private static void awaitEnd(ControlClient client, Subject host) throws InterruptedException {
    while (client.serves(host)) {
      Thread.sleep(LOOK_MILLIS);
    }
  }
}
