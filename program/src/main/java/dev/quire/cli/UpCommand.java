package dev.quire.cli;

import dev.quire.control.ControlFolder;
import dev.quire.control.ControlServer;
import dev.quire.host.CloneRehearsal;
import dev.quire.host.HostConfig;
import dev.quire.host.HostControl;
import dev.quire.host.HostEnding;
import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.host.HostView;
import dev.quire.host.MachineConfig;
import dev.quire.host.ManagerConfig;
import dev.quire.host.SnapshotLog;
import dev.quire.host.SnapshotWriter;
import dev.quire.host.VmEntry;
import dev.quire.host.VmState;
import dev.quire.host.demo.Counterfactual;
import dev.quire.host.demo.DemoReport;
import dev.quire.host.demo.Demonstration;
import dev.quire.machine.board.TimeSpan;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Policies;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire up}: several guests on one machine, as a host file describes them. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the guests of a host file (examples/host.toml has every key) on one",
      "machine, and moves memory between them. On a terminal it shows where",
      "memory is, and keys open the guests' consoles; elsewhere it prints a line",
      "a second. Ctrl-C stops all guests in order, a second one at once."
    })
final class UpCommand implements Callable<Integer> {
  private static final long LOOK_NANOS = 100_000_000;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The host file; without one, a demonstration with four guests.")
  private @Nullable Path file;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description =
          "End so long after the last guest is up, in the machine's time, such as 60s; guests that"
              + " wait for memory are not waited for.")
  private @Nullable String time;

  @Option(
      names = "--policy",
      paramLabel = "P",
      description =
          "In place of the file's: static, proportional, idle-tax, miss-ratio, or one of your own.")
  private @Nullable String policy;

  @Option(
      names = "--clock",
      paramLabel = "CLOCK",
      description =
          "In place of the file's: host, or instructions, with which the whole run repeats.")
  private RunCommand.@Nullable ClockKind clock;

  @Option(
      names = "--record",
      paramLabel = "F",
      description = "Write what the policy sees and decides to F, for 'quire replay'.")
  private @Nullable Path record;

  @Option(
      names = "--json",
      paramLabel = "F",
      description = "At the end, write to F as JSON where memory was when the end began.")
  private @Nullable Path json;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "host",
      description = "By which other commands find the host (default ${DEFAULT-VALUE}).")
  private String name = "";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "0",
      description = "The port on 127.0.0.1 for those commands and /metrics (default: any).")
  private int port;

  @Mixin private MirrorOption mirror = new MirrorOption();

  @Option(
      names = "--no-counterfactual",
      description =
          "After the demonstration, do not compare with what would have been under another policy.")
  private boolean noCounterfactual;

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  private @Nullable UserError recordingFailed;

  @Override
  public Integer call() {
    ControlFolder.checkName(name);
    ControlServer.checkPort(port);
    long nanos = time == null ? Long.MAX_VALUE : TimeSpan.parse(time);
    if (file != null) {
      return run(chosen(HostFile.parse(file)), null, nanos);
    }
    try (Demonstration demonstration = new Demonstration()) {
      return run(chosen(demonstration.config()), demonstration, nanos);
    }
  }

  private int run(HostConfig config, @Nullable Demonstration demonstration, long nanos) {
    if (json != null) {
      write(json, "");
    }
    Map<VmEntry, HostSession.Boot> boots = new HashMap<>();
    Function<VmEntry, HostSession.Boot> bootOf = vm -> Objects.requireNonNull(boots.get(vm));
    Map<String, Object> closing = new LinkedHashMap<>();
    int status;
    DemoReport shown = null;
    try (HostSession session = new HostSession(config, bootOf);
        ControlServer _ = HostControl.open(session, name, port);
        SnapshotWriter _ = recording(session)) {
      boots.putAll(HostBoots.prepare(config.vms(), mirror.options()));
      CloneRehearsal.begin();
      status = run(session, demonstration, nanos, closing);
      shown = demonstration == null ? null : demonstration.report(session);
      if (recordingFailed != null) {
        throw recordingFailed;
      }
    }
    if (demonstration != null && shown != null) {
      status = conclude(demonstration, shown, bootOf, status, closing);
    }
    if (json != null) {
      write(json, Json.write(closing));
    }
    return status;
  }

  /** What the options say in place of the file. */
  private HostConfig chosen(HostConfig config) {
    MachineConfig machine = config.machine();
    ManagerConfig manager = config.manager();
    if (clock != null) {
      boolean counts = clock == RunCommand.ClockKind.instructions;
      machine = new MachineConfig(machine.memory(), machine.harts(), counts);
    }
    if (policy != null) {
      String known = Policies.named(policy, manager.tax(), manager.alpha()).name();
      manager = manager.withPolicy(known);
    }
    return new HostConfig(machine, manager, config.vms(), config.events());
  }

  /** Runs the host to its end; its exit status. Where memory was then goes to {@code closing}. */
  private static int run(
      HostSession session,
      @Nullable Demonstration demonstration,
      long nanos,
      Map<String, Object> closing) {
    try (HostEnding ending = new HostEnding(session);
        HostView _ = new HostView(session, ending, begin(session, demonstration, nanos, ending))) {
      session.run();
      closing.putAll(ending.report().json());
      closing.put("events", session.events().since(0));
      boolean failed = session.vms().stream().anyMatch(vm -> vm.state() == VmState.FAILED);
      return ending.status() == 0 && failed ? 1 : ending.status();
    }
  }

  private static HostView.Words begin(
      HostSession session, @Nullable Demonstration demonstration, long nanos, HostEnding ending) {
    if (demonstration != null) {
      return demonstration.begin(session, nanos, () -> ending.end(0));
    }
    endLater(session, ending, nanos);
    return HostView.Words.NONE;
  }

  /** Says what the demonstration has shown, and compares, if it went to its end. */
  private int conclude(
      Demonstration demonstration,
      DemoReport shown,
      Function<VmEntry, HostSession.Boot> bootOf,
      int status,
      Map<String, Object> closing) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(shown.text());
    out.flush();
    Map<String, Object> told = shown.json();
    boolean good = shown.isGood();
    if (!noCounterfactual && status == 0 && time != null) {
      Counterfactual other = compare(demonstration, bootOf);
      out.print(other.text());
      out.flush();
      told.put("counterfactual", other.json());
      good &= other.isGood();
    }
    closing.put("demonstration", told);
    return status == 0 && !good ? 1 : status;
  }

  private Counterfactual compare(
      Demonstration demonstration, Function<VmEntry, HostSession.Boot> bootOf) {
    PrintWriter err = spec.commandLine().getErr();
    tell(err, "Rehearsing the same under static and under idle-tax, on the instruction clock ...");
    return demonstration.counterfactual(bootOf, progress -> tell(err, progress));
  }

  private static void tell(PrintWriter err, String line) {
    err.println(line);
    err.flush();
  }

  /** Ends it {@code nanos} after no guest that has been started is on its way any more. */
  private static void endLater(HostSession session, HostEnding ending, long nanos) {
    session
        .clock()
        .schedule(
            LOOK_NANOS,
            () -> {
              if (session.vms().stream().anyMatch(vm -> vm.state() == VmState.STARTING)) {
                endLater(session, ending, nanos);
              } else {
                session.clock().schedule(nanos, () -> ending.end(0));
              }
            });
  }

  private static void write(Path path, String text) {
    try {
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UserError("Cannot write %s: %s.".formatted(path, e), e);
    }
  }

  /** Has the decisions written down, as long as that is possible. */
  private @Nullable SnapshotWriter recording(HostSession session) {
    if (record == null) {
      return null;
    }
    ManagerConfig manager = session.config().manager();
    SnapshotWriter writer =
        new SnapshotWriter(
            record,
            new SnapshotLog.Header(
                manager.policy(),
                manager.tax(),
                manager.alpha(),
                manager.periodNanos(),
                session.config().machine().memory()));
    session.recordTo(
        (snapshot, targets) -> {
          try {
            if (recordingFailed == null) {
              writer.write(snapshot, targets);
            }
          } catch (UserError e) {
            recordingFailed = e;
          }
        });
    return writer;
  }
}
