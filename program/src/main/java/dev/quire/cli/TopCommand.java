package dev.quire.cli;

import dev.quire.control.Arguments;
import dev.quire.control.ControlClient;
import dev.quire.control.ControlFolder;
import dev.quire.host.HostCommands;
import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quire top}: a host's memory, each second anew on a terminal. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "Shows where a host's memory is, each second anew; once if this is no terminal.",
      "MEMSZ: what the guest believes to have; GRANT: what it has of the machine's;",
      "TCHD: what it used of that lately; %%ACTV: the used part of what it could touch,",
      "95%%: the interval of that; MCTLSZ: its balloon, MCTLTGT: what that is asked to",
      "be; SWCUR: swapped out; SHRD: shared; ZERO: all zero, and dropped; with proxy",
      "memory, M0: what the guest keeps; CACHE: what the cache holds of the rest."
    })
final class TopCommand implements Callable<Integer> {
  private static final long PERIOD_MILLIS = 1000;
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_REST = "\u001b[J";

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Option(names = "--host", paramLabel = "NAME", description = "Which host, if there are several.")
  private @Nullable String host;

  @Option(names = "--json", description = "Print JSON, once.")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    ControlClient client = new ControlClient(ControlFolder.ofUser());
    ControlClient.Subject subject = client.host(host);
    Arguments none = Arguments.ofWords(HostCommands.TOP, List.of());
    PrintWriter out = spec.commandLine().getOut();
    if (json || !isTerminal()) {
      out.print(client.ask(subject, HostCommands.TOP, none, json));
      out.flush();
      return 0;
    }
    while (client.serves(subject)) {
      String text = client.ask(subject, HostCommands.TOP, none, false);
      out.print(HOME + text.replace("\n", CLEAR_LINE + "\n") + CLEAR_REST);
      out.flush();
      Thread.sleep(PERIOD_MILLIS);
    }
    return 0;
  }

  @SuppressWarnings("SystemConsoleNull") // it is null with some of the JDK's providers
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
