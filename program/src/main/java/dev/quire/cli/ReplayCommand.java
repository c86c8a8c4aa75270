package dev.quire.cli;

import dev.quire.host.Replay;
import dev.quire.host.ReplayText;
import dev.quire.host.SnapshotLog;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Policies;
import dev.quire.monitor.policy.Policy;
import dev.quire.run.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire replay}: what another policy would have decided in a recorded run. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints what a policy would have decided at each moment of a run that",
      "'quire up --record FILE' recorded, beside what was decided then. It is",
      "open-loop: the recorded guests did not feel these decisions."
    })
final class ReplayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  @Parameters(paramLabel = "FILE", description = "The recording.")
  private Path file = Path.of("");

  @Option(
      names = "--policy",
      paramLabel = "P",
      required = true,
      description =
          "static, proportional, idle-tax, miss-ratio, or one of your own (docs/policies.md).")
  private String name = "";

  @Option(
      names = "--tax",
      paramLabel = "T",
      description = "The tax of idle-tax, from 0 to less than 1 (default 0.75).")
  private @Nullable Double tax;

  @Option(
      names = "--alpha",
      paramLabel = "A",
      description = "The alpha of miss-ratio, at least 0 (default 0.05).")
  private @Nullable Double alpha;

  @Option(names = "--json", description = "Print one JSON object, in bytes, with the reasons.")
  private boolean json;

  @Override
  public Integer call() {
    Policy policy = policy();
    SnapshotLog log = SnapshotLog.read(file);
    Replay replay = Replay.of(log, policy);
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        json
            ? Json.write(ReplayText.json(log.header(), replay))
            : ReplayText.text(log.header(), replay));
    out.flush();
    return 0;
  }

  private Policy policy() {
    Policy policy =
        Policies.named(
            name,
            tax == null ? Policies.DEFAULT_TAX : tax,
            alpha == null ? Policies.DEFAULT_ALPHA : alpha);
    if (tax != null && !name.equals("idle-tax")) {
      throw UserError.of("--tax is for --policy idle-tax; %s has none.", name);
    }
    if (alpha != null && !name.equals("miss-ratio")) {
      throw UserError.of("--alpha is for --policy miss-ratio; %s has none.", name);
    }
    return policy;
  }
}
