package dev.quire.host;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.MachineClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VirtualMachine.Held;
import dev.quire.monitor.memory.OutOfFrames;
import dev.quire.run.AgentChannel;
import dev.quire.run.MemoryTrace;
import dev.quire.run.TraceChoice;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A guest among others on one machine, through all its starts: its virtual machine of the moment,
 * its console, the commands for its agent, and where it is in its life.
 *
 * <pre>
 *   stopped, queued, failed --start--> starting --agent--> running --stop--> stopping --> stopped
 *                                        ^                    |
 *                                        +---reboot, restart--+      starting, running: or paused,
 *                                                                    or blocked
 * </pre>
 *
 * <p>All of it happens on the thread of the machine's clock. Console and agent may be used by any
 * thread.
 */
public final class HostedVm {
  /** Machine time in which a guest that was asked to must have powered off. */
  private static final long POWER_OFF_NANOS = 10_000_000_000L;

  /** Makes the virtual machine, once for each start. */
  @FunctionalInterface
  public interface Factory {
    /**
     * A VM on the host's machine, with what is given here.
     *
     * @throws UserError if something that it needs is not to be had
     */
    VirtualMachine make(PowerControl power, Clock clock, ByteSink console, ConsolePort agent);
  }

  /** What belongs to one start. */
  private record Start(
      PowerControl power, VirtualMachine vm, AgentChannel agent, @Nullable MemoryTrace trace) {
    PowerControl.Kind end() {
      return Objects.requireNonNull(power.pending()).kind();
    }
  }

  private final VmEntry entry;
  private final MachineClock clock;
  private final Factory factory;
  private final Consumer<HostedVm> changed;
  private final HostedConsole console = new HostedConsole();

  /** Not null if and only if the phase is STARTING, RUNNING or STOPPING. */
  private @Nullable Start now;

  /** The state, but for what holds it. */
  private VmState phase = VmState.STOPPED;

  private String reason = "";
  private int weight;
  private int starts;
  private boolean startsAgain;

  /** {@code changed} is told after each change of the phase. */
  public HostedVm(VmEntry entry, MachineClock clock, Factory factory, Consumer<HostedVm> changed) {
    this.entry = entry;
    this.weight = entry.shares();
    this.clock = clock;
    this.factory = factory;
    this.changed = changed;
  }

  public VmEntry entry() {
    return entry;
  }

  public String name() {
    return entry.name();
  }

  public HostedConsole console() {
    return console;
  }

  public VmState state() {
    if (now != null && phase != VmState.STOPPING) {
      if (now.vm.held().contains(Held.BY_USER)) {
        return VmState.PAUSED;
      }
      if (now.vm.held().contains(Held.FOR_MEMORY)) {
        return VmState.BLOCKED;
      }
    }
    return phase;
  }

  /** Why the state is what it is: a sentence, or empty if that needs no words. */
  public String reason() {
    return reason;
  }

  /** The virtual machine of the moment, or null. */
  public @Nullable VirtualMachine vm() {
    return now == null ? null : now.vm;
  }

  /** The channel to its agent; a {@link UserError} if the guest does not run. */
  public AgentChannel agent() {
    return running("take a command").agent;
  }

  /** The virtual machine that is to be copied; a {@link UserError} if there is none that runs. */
  VirtualMachine running() {
    return running("be copied").vm;
  }

  // ---- what a user may ask for ---------------------------------------------------------------

  /** Says that it is to start, but waits for something. */
  public void queue(String waitsFor) {
    requireNone("be queued");
    enter(VmState.QUEUED, waitsFor);
  }

  /**
   * Starts it; what prevents that is the {@link #reason} of its being FAILED. A {@link UserError}
   * if it exists.
   */
  public void start() {
    requireNone("start");
    launch();
  }

  /** Stands still, its time too, until {@link #resume}. */
  public void pause() {
    running("pause").vm.hold(Held.BY_USER, true);
    changed.accept(this);
  }

  /** Goes on, unless it is blocked. */
  public void resume() {
    running("resume").vm.hold(Held.BY_USER, false);
    changed.accept(this);
  }

  /** Gives it another weight against other guests where harts are short; for later starts, too. */
  void weigh(int shares) {
    weight = shares;
    if (now != null) {
      clock.weigh(now.vm.clock(), shares);
    }
  }

  /**
   * Has it power off by its agent, which comes after the command that runs; ten seconds later its
   * power is cut. Does nothing if it does not exist.
   */
  public void stop() {
    startsAgain = false;
    if (phase == VmState.QUEUED) {
      enter(VmState.STOPPED, "");
    } else if (now != null && phase != VmState.STOPPING) {
      powerOff(now);
    }
  }

  /** The same, and then starts it again. */
  public void restart() {
    stop();
    startsAgain = now != null;
    if (now == null) {
      launch();
    }
  }

  /** Cuts its power now, if it exists. */
  public void cut() {
    startsAgain = false;
    if (now != null) {
      enter(VmState.STOPPING, "");
      now.vm.stop(0);
    }
  }

  private Start running(String what) {
    if (now == null || phase == VmState.STOPPING) {
      throw UserError.of("The guest %s cannot %s: it is %s.", name(), what, phase.word());
    }
    return now;
  }

  private void requireNone(String what) {
    if (now != null) {
      throw UserError.of("The guest %s cannot %s: it is %s.", name(), what, state().word());
    }
  }

  /**
   * Begins with the virtual machine of another guest, copied, and with the conversation that the
   * other's agent was in. A {@link UserError} or {@link OutOfFrames} if that cannot be made.
   */
  void goOn(AgentChannel conversation, Factory copy) {
    requireNone("begin");
    PowerControl power = new PowerControl();
    Clock computer = clock.computer(power, weight);
    VirtualMachine vm = copy.make(power, computer, console, conversation.port());
    run(new Start(power, vm, conversation, null));
  }

  // ---- its life ------------------------------------------------------------------------------

  private void enter(VmState next, String why) {
    phase = next;
    reason = why;
    changed.accept(this);
  }

  private void launch() {
    try {
      run(make());
    } catch (UserError | OutOfFrames e) {
      enter(VmState.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private Start make() {
    PowerControl power = new PowerControl();
    AgentChannel agent = new AgentChannel(name().hashCode());
    Clock computer = clock.computer(power, weight);
    VirtualMachine vm = factory.make(power, computer, console, agent.port());
    try {
      return new Start(power, vm, agent, trace(vm));
    } catch (UserError e) {
      var _ = close(vm);
      throw e;
    }
  }

  private @Nullable MemoryTrace trace(VirtualMachine vm) {
    TraceChoice choice = entry.trace();
    return choice == null
        ? null
        : new MemoryTrace(
            choice, vm, name(), ++starts, trouble -> clock.post(() -> traceEnded(vm, trouble)));
  }

  /** The guest goes on without. */
  private void traceEnded(VirtualMachine vm, UserError trouble) {
    if (now != null && now.vm.equals(vm)) {
      reason = String.valueOf(trouble.getMessage());
      changed.accept(this);
    }
  }

  private void run(Start start) {
    now = start;
    start.agent.connect(start.vm, () -> clock.post(() -> ready(start)));
    console.connect(start.vm, start.agent::ready);
    clock.start(start.vm.clock(), () -> ended(start));
    enter(start.agent.ready() ? VmState.RUNNING : VmState.STARTING, "");
  }

  private void ready(Start start) {
    if (start.equals(now) && phase == VmState.STARTING) {
      if (entry.exec() != null) {
        var _ = start.agent.background(entry.exec());
      }
      enter(VmState.RUNNING, "");
    }
  }

  private void powerOff(Start start) {
    start.vm.hold(Held.BY_USER, false);
    start.vm.hold(Held.FOR_MEMORY, false);
    start.agent.powerOff();
    enter(VmState.STOPPING, "");
    clock.schedule(POWER_OFF_NANOS, () -> giveUp(start));
  }

  private void giveUp(Start start) {
    if (start.equals(now)) {
      reason = "It did not power off in time: its power was cut.";
      start.vm.stop(0);
    }
  }

  private void ended(Start start) {
    now = null;
    start.agent.disconnect();
    console.disconnect();
    if (start.trace != null) {
      start.trace.close();
    }
    String failure = failure(start);
    if (failure != null) {
      enter(VmState.FAILED, failure);
    } else if (startsAgain || phase == VmState.RUNNING && start.end() == PowerControl.Kind.RESET) {
      startsAgain = false;
      launch();
    } else {
      enter(VmState.STOPPED, reason);
    }
  }

  /** Why the VM should not have ended as it did; null if it may. */
  private @Nullable String failure(Start start) {
    String closing = close(start.vm);
    Throwable thrown = start.vm.clock().failure();
    if (thrown != null) {
      return "It was ended by a failure of Quire: " + thrown;
    }
    if (start.end() == PowerControl.Kind.RESET && phase == VmState.STARTING) {
      return "It restarted or panicked before its agent took commands.";
    }
    return closing;
  }

  private static @Nullable String close(VirtualMachine vm) {
    try {
      vm.close();
      return null;
    } catch (IOException e) {
      return "A disk could not be closed: " + e.getMessage() + ".";
    }
  }
}
