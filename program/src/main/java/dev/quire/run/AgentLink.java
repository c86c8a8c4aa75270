package dev.quire.run;

import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.monitor.VirtualMachine;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one command of a guest that ends with it, if there is one. All but the constructor run on the
 * threads of the VM.
 */
final class AgentLink implements AgentChannel.Follower {
  /** Guest time in which a guest that writes disks must have powered off. */
  private static final long POWER_OFF_NANOS = 10_000_000_000L;

  private final AgentChannel channel;
  private final ByteSink output;
  private @Nullable VirtualMachine vm;
  private Runnable beforeCommand = () -> {};
  private boolean orderly;
  private boolean late;
  private int status = -1;

  /**
   * @param command what the agent is to run, or null
   * @param seed of the tokens by which the agent marks the end of the command's output
   * @param output where the command's output goes, as it comes
   */
  AgentLink(@Nullable String command, long seed, ByteSink output) {
    this.channel = new AgentChannel(seed);
    this.output = output;
    if (command != null) {
      var _ = channel.submit(command, this);
    }
  }

  /** The host's end of the agent's channel. */
  ConsolePort port() {
    return channel.port();
  }

  /** Has {@code action} run at the instant at which the command is sent, before it is. */
  void beforeCommand(Runnable action) {
    beforeCommand = action;
  }

  /**
   * Starts to count the guest's time.
   *
   * @param limitNanos the guest time in which the agent must answer, or {@link Long#MAX_VALUE}
   * @param powersOff whether the guest is ended in an orderly way after the command
   */
  synchronized void connect(VirtualMachine machine, long limitNanos, boolean powersOff) {
    vm = machine;
    orderly = powersOff;
    channel.connect(machine, () -> {});
    if (limitNanos < Long.MAX_VALUE) {
      machine.clock().schedule(limitNanos, this::giveUp);
    }
  }

  private synchronized void giveUp() {
    if (!channel.ready()) {
      late = true;
      machine().stop(0);
    }
  }

  @Override
  public void begun() {
    beforeCommand.run();
  }

  @Override
  public void printed(byte[] bytes) {
    output.accept(bytes, 0, bytes.length);
  }

  @Override
  public synchronized void ended(int value) {
    status = value;
    if (orderly) {
      channel.powerOff();
      machine().clock().schedule(POWER_OFF_NANOS, () -> machine().stop(0));
    } else {
      machine().stop(0);
    }
  }

  @Override
  public void lost() {} // it keeps having no status

  private synchronized VirtualMachine machine() {
    return Objects.requireNonNull(vm);
  }

  /** Whether the agent takes commands. */
  boolean ready() {
    return channel.ready();
  }

  /** Whether the agent did not answer in time. */
  synchronized boolean late() {
    return late;
  }

  /** The command's exit status, or -1 while it has none. */
  synchronized int status() {
    return status;
  }
}
