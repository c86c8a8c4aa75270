package dev.quire.cli;

import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import dev.quire.host.trial.Outcome;
import dev.quire.host.trial.PolicyTrials;
import dev.quire.host.trial.TrialText;
import dev.quire.machine.board.TimeSpan;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire compare-policies}: the same host under several policies. */
@Command(
    name = "compare-policies",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the guests of a host file once under each policy, and prints what came",
      "of it: work, reads that memory would have avoided, swapping, moves. The host",
      "must have the instruction clock, so that all runs are alike until policies",
      "decide differently, and may not change its disks. A command of the file says",
      "what it has done by lines 'work N': the last one of each counts.",
      "An example: examples/policies.toml."
    })
final class ComparePoliciesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(paramLabel = "FILE", description = "The host file.")
  private Path file = Path.of("");

  @Option(
      names = "--policies",
      paramLabel = "LIST",
      split = ",",
      description =
          "Their names, with commas (default static, proportional, idle-tax and miss-ratio).")
  private List<String> policies = List.of("static", "proportional", "idle-tax", "miss-ratio");

  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "20s",
      description =
          "How long each runs from the moment at which all its guests are up, in the machine's"
              + " time (default ${DEFAULT-VALUE}).")
  private String time = "";

  @Option(names = "--json", description = "Print one JSON array, of an object for each policy.")
  private boolean json;

  @Mixin private MirrorOption mirror = new MirrorOption();

  @Override
  public Integer call() {
    long nanos = TimeSpan.parse(time);
    PolicyTrials trials = new PolicyTrials(HostFile.parse(file), policies);
    Map<VmEntry, HostSession.Boot> boots =
        HostBoots.prepare(trials.config().vms(), mirror.options());
    List<Outcome> outcomes =
        trials.run(nanos, vm -> Objects.requireNonNull(boots.get(vm)), this::tell);
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        json
            ? Json.write(outcomes.stream().map(Outcome::json).toList())
            : TrialText.of(outcomes, nanos));
    out.flush();
    return 0;
  }

  private void tell(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }
}
