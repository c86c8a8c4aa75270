package dev.quire.run;

import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.ByteSink;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** One guest from power-on to its end; used once. */
public final class GuestRun implements AutoCloseable {
  /** The guest time in which the agent must answer: a boot takes 2 s; a busy host more. */
  private static final long COUNTED_LIMIT_NANOS = 30_000_000_000L;

  private static final long HOST_LIMIT_NANOS = 180_000_000_000L;

  private static final int SHOWN_LINES = 12;

  private final GuestConsole console;
  private final AgentLink agent;
  private final GuestInput input;
  private final VirtualMachine vm;
  private final long limit;
  private final boolean writesDisks;
  private long start;
  private long nanos;
  private @Nullable Counters atCommand;

  /**
   * @param command what the agent is to run, or null
   * @param output where that command's output goes
   */
  public GuestRun(
      VmConfig config, GuestConsole console, @Nullable String command, ByteSink output) {
    this.console = console;
    this.limit = config.countsInstructions() ? COUNTED_LIMIT_NANOS : HOST_LIMIT_NANOS;
    this.writesDisks = config.disks().stream().anyMatch(disk -> !disk.readOnly());
    agent = new AgentLink(command, config.seed(), output);
    input = new GuestInput(console::count, agent::ready);
    vm = new VirtualMachine(config, console, agent.port());
    vm.clock().betweenSlices(console::flush);
  }

  /** Runs the command, then ends the guest; returns the command's status. */
  public int exec() {
    agent.beforeCommand(() -> atCommand = Counters.of(vm, System.nanoTime() - start));
    agent.connect(vm, limit, writesDisks);
    PowerControl.Request end = runTimed();
    if (agent.status() >= 0) {
      return agent.status();
    }
    String what;
    if (agent.late()) {
      what =
          "The guest's agent did not answer within %d s of guest time: --exec needs one, as in the"
              + " initramfs that Quire builds.";
      what = what.formatted(limit / 1_000_000_000);
    } else {
      what =
          switch (end.kind()) {
            case OFF -> "The guest powered off before the command had ended.";
            case RESET -> "The guest restarted or panicked before the command had ended.";
            case DEADLOCK -> "The guest waits for ever, before the command has ended.";
          };
    }
    String last = console.lastLines(SHOWN_LINES);
    throw new UserError(
        last.isEmpty() ? what : what + " Its console's last lines:\n" + last.stripTrailing());
  }

  /** Runs with its console connected to the keyboard until the guest or the user ends it. */
  public PowerControl.Request interactive(Keyboard keyboard) {
    agent.connect(vm, Long.MAX_VALUE, false);
    input.connect(vm, keyboard.isTerminal());
    vm.clock().expectInput(true);
    keyboard.connect(
        new Keyboard.Guest(input, () -> vm.clock().expectInput(false), () -> vm.stop(0)));
    return runTimed();
  }

  /** The virtual machine. */
  public VirtualMachine vm() {
    return vm;
  }

  private PowerControl.Request runTimed() {
    start = System.nanoTime();
    try {
      return vm.run();
    } finally {
      nanos = System.nanoTime() - start;
      console.flush();
    }
  }

  /** The counters of this moment, while the VM runs; any thread of the host's own. */
  public Report reportNow() {
    return vm.whileStopped(() -> new Report(vm, System.nanoTime() - start, 0));
  }

  /** The counters, after the run. */
  public Report report(int exitStatus) {
    return new Report(vm, nanos, exitStatus);
  }

  /** What the whole run has counted, after {@link #exec}. */
  public Counters counters() {
    return Counters.of(vm, nanos);
  }

  /**
   * What the command of {@link #exec} has counted: from the instant at which the agent is asked to
   * run it to its end; nothing if it never began. Under the instruction clock only, where one
   * thread runs everything.
   */
  public Counters countersOfCommand() {
    Counters whole = counters();
    return whole.minus(atCommand == null ? whole : atCommand);
  }

  @Override
  public void close() {
    try {
      vm.close();
    } catch (IOException e) {
      throw new UncheckedIOException("a disk could not be closed", e);
    }
  }
}
