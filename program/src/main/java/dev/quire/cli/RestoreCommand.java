package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.host.CopyCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire restore FILE}: a guest goes on that was saved. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Has a guest go on, on a running host, that 'quire save' has written to a file:",
      "from the instruction at which it was saved, as a guest of its own."
    })
final class RestoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(paramLabel = "FILE", description = "What 'quire save' wrote.")
  private String file = "";

  @Option(names = "--name", paramLabel = "NAME", description = "Another name than it had.")
  private @Nullable String name;

  @Option(
      names = "--paging",
      paramLabel = "METHOD",
      description = "Another method than it was under: nested, shadow-unsync, protected ...")
  private @Nullable String paging;

  @Option(names = "--host", paramLabel = "NAME", description = "Which host, if there are several.")
  private @Nullable String host;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    List<String> words = new ArrayList<>(List.of(file));
    add(words, "--name", name);
    add(words, "--paging", paging);
    Arguments arguments = Arguments.ofWords(CopyCommands.RESTORE, words);
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    String answer = client.ask(client.host(host), CopyCommands.RESTORE, arguments, json);
    spec.commandLine().getOut().print(answer);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private static void add(List<String> words, String option, @Nullable String value) {
    if (value != null) {
      words.add(option + "=" + value);
    }
  }
}
