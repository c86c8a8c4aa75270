package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.ControlCommand.Kind;
import dev.quire.control.ControlFolder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** A command of the registry, asked of a running guest: {@code quire walk VM GVA}. */
final class AskCommand implements Callable<Integer> {
  private static final String JSON = "--json";

  private final ControlCommand command;
  private final CommandSpec spec;

  private AskCommand(ControlCommand command) {
    this.command = command;
    this.spec = CommandSpec.wrapWithoutInspection(this);
  }

  /** As picocli wants it. */
  static CommandSpec spec(ControlCommand command) {
    AskCommand ask = new AskCommand(command);
    ask.spec
        .name(command.name())
        .mixinStandardHelpOptions(true)
        .addPositional(place(0, "VM", "A guest that was started with run --name.", true));
    ask.spec.usageMessage().description(command.description());
    int index = 1;
    for (Argument argument : command.arguments()) {
      if (argument.kind() == Kind.OPTION) {
        ask.spec.addOption(option(argument));
      } else {
        boolean required = argument.kind() == Kind.REQUIRED;
        ask.spec.addPositional(place(index++, argument.label(), argument.description(), required));
      }
    }
    ask.spec.addOption(
        OptionSpec.builder(JSON).type(boolean.class).description("Print JSON.").build());
    return ask.spec;
  }

  private static PositionalParamSpec place(
      int index, String label, String description, boolean required) {
    return PositionalParamSpec.builder()
        .index(Integer.toString(index))
        .arity(required ? "1" : "0..1")
        .paramLabel(label)
        .description(description)
        .type(String.class)
        .build();
  }

  private static OptionSpec option(Argument argument) {
    return OptionSpec.builder("--" + argument.name())
        .paramLabel(argument.label())
        .description(argument.description())
        .type(String.class)
        .build();
  }

  @Override
  public Integer call() {
    ParseResult given = spec.commandLine().getParseResult();
    Map<String, String> values = new LinkedHashMap<>();
    int index = 1;
    for (Argument argument : command.arguments()) {
      String value =
          argument.kind() == Kind.OPTION
              ? given.matchedOptionValue("--" + argument.name(), "")
              : given.matchedPositionalValue(index++, "");
      if (!value.isEmpty()) {
        values.put(argument.name(), value);
      }
    }
    String answer =
        new ControlClient(ControlFolder.ofUser())
            .ask(
                given.matchedPositionalValue(0, ""),
                command,
                Arguments.ofJson(command, values),
                given.hasMatchedOption(JSON));
    spec.commandLine().getOut().print(answer);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
