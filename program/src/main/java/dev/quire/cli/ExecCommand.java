package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.host.GuestCommands;
import dev.quire.run.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire exec VM -- COMMAND...}: one command in a running guest of a host. */
@Command(
    name = "exec",
    mixinStandardHelpOptions = true,
    description = {
      "Has a guest of a running host run a command in its shell, prints what it prints,",
      "and ends with its status. Ctrl-C ends this alone: the command goes on in the guest."
    })
final class ExecCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(index = "0", paramLabel = "VM", description = "A guest's name, or HOST/VM.")
  private String vm = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "What the guest's shell is to run; behind -- if an option is in it.")
  private List<String> command = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object when the command has ended.")
  private boolean json;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private int status;

  @Override
  public Integer call() {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    List<String> words = new ArrayList<>(List.of("--"));
    words.addAll(command);
    Arguments arguments = Arguments.ofWords(GuestCommands.EXEC, words);
    OutputStream out = json ? kept : System.out;
    client.follow(client.guest(vm), GuestCommands.EXEC, arguments, part -> take(part, out));
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("vm", vm);
      object.put("status", status);
      object.put("output", kept.toString(StandardCharsets.UTF_8));
      spec.commandLine().getOut().print(Json.write(object));
      spec.commandLine().getOut().flush();
    }
    return status;
  }

  private void take(Map<String, Object> part, OutputStream out) {
    show(part, out, spec);
    if (part.get("status") instanceof Number number) {
      status = number.intValue();
    }
  }

  /** Shows what a part of a stream says that was printed in a guest. */
  static void show(Map<String, Object> part, OutputStream out, CommandSpec spec) {
    if (part.get("output") instanceof String text) {
      try {
        out.write(Base64.getDecoder().decode(text));
        out.flush();
      } catch (IOException e) {
        return; // nobody reads what is shown: as a closed terminal
      }
    }
    if (part.get("missed") instanceof Number missed) {
      spec.commandLine()
          .getErr()
          .printf("[%d bytes are missing here: they came too fast]\r%n", missed.longValue());
      spec.commandLine().getErr().flush();
    }
  }
}
