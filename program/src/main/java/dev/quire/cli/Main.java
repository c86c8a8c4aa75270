package dev.quire.cli;

import dev.quire.machine.board.UserError;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The command {@code quire}: finds the sub-command, and turns mistakes into sentences. */
@Command(
    name = "quire",
    mixinStandardHelpOptions = true,
    version = "quire 0.1.0",
    description = "A virtual machine monitor whose subject is memory.",
    subcommands = {
      UpCommand.class,
      RunCommand.class,
      CompareCommand.class,
      ComparePoliciesCommand.class,
      ReplayCommand.class,
      PsCommand.class,
      TopCommand.class,
      EventsCommand.class,
      ConsoleCommand.class,
      ExecCommand.class,
      CensusCommand.class,
      WssCommand.class,
      MrcCommand.class,
      AnalyzeCommand.class,
      RestoreCommand.class,
      BareCommand.class,
      ImageCommand.class
    })
public final class Main {
  /** The exit status after a mistake of the user's. */
  static final int USER_ERROR = 2;

  private static final int BUG = 70;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** Runs a command line, with errors printed to {@code err}, and returns its exit status. */
  static int run(PrintWriter err, String... arguments) {
    return commandLine().setErr(err).execute(arguments);
  }

  /** The same, with what it prints going to {@code out}. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return commandLine().setOut(out).setErr(err).execute(arguments);
  }

  private static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    AskCommand.specs().forEach(commandLine::addSubcommand);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler((e, arguments) -> explain(e));
    commandLine.setExecutionExceptionHandler((e, command, result) -> report(e, command));
    return commandLine;
  }

  private static int explain(ParameterException e) {
    CommandLine command = e.getCommandLine();
    String message = e.getCause() instanceof UserError cause ? cause.getMessage() : e.getMessage();
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().printf("%s (see '%s --help')%n", message, name);
    return USER_ERROR;
  }

  private static int report(Exception e, CommandLine command) {
    if (e instanceof UserError) {
      command.getErr().println(e.getMessage());
      return USER_ERROR;
    }
    command.getErr().println("This is a bug in Quire:");
    e.printStackTrace(command.getErr());
    return BUG;
  }
}
