package dev.quire.cli;

import dev.quire.control.Answer;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.run.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quire ps}: the running guests that have a name. */
@Command(
    name = "ps",
    mixinStandardHelpOptions = true,
    description = "Lists the running guests that have a name.")
final class PsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    Answer answer = new ControlClient(ControlFolder.ofUser()).list();
    spec.commandLine().getOut().print(json ? Json.write(answer.value()) : answer.text());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
