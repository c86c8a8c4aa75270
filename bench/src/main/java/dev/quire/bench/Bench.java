package dev.quire.bench;

import dev.quire.machine.board.UserError;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code bench/run}. */
@Command(
    name = "bench/run",
    mixinStandardHelpOptions = true,
    description = "Measures what docs/numbers.md reports.",
    subcommands = {
      WorkloadBench.class,
      BootBench.class,
      ReportBench.class,
      DemandBench.class,
      SharingBench.class,
      EstimationBench.class,
      ProxyBench.class
    })
public final class Bench {
  private Bench() {}

  public static void main(String[] arguments) {
    CommandLine commandLine = new CommandLine(new Bench());
    commandLine.setExecutionExceptionHandler(
        (e, command, result) -> {
          if (!(e instanceof UserError)) {
            throw e;
          }
          command.getErr().println(e.getMessage());
          return 2;
        });
    System.exit(commandLine.execute(arguments));
  }
}
