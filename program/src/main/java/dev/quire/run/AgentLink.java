package dev.quire.run;

import dev.quire.agent.AgentProtocol;
import dev.quire.agent.AgentProtocol.Event;
import dev.quire.machine.device.ByteSink;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.monitor.VirtualMachine;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the agent in the guest, which runs at most one command. Requests are sent at
 * instants of guest time that depend on the guest alone. All but the constructor run on the threads
 * of the VM.
 */
final class AgentLink {
  /** Guest time from an answer of the agent to the request that follows it. */
  private static final long PAUSE_NANOS = 100_000;

  /** Guest time in which a guest that writes disks must have powered off. */
  private static final long POWER_OFF_NANOS = 10_000_000_000L;

  private final AgentProtocol protocol;
  private final byte @Nullable [] request;
  private final ByteSink output;
  private @Nullable VirtualMachine vm;
  private Runnable beforeCommand = () -> {};
  private boolean orderly;
  private boolean ready;
  private boolean late;
  private int status = -1;

  /**
   * @param command what the agent is to run, or null
   * @param seed of the tokens by which the agent marks the end of the command's output
   * @param output where the command's output goes, as it comes
   */
  AgentLink(@Nullable String command, long seed, ByteSink output) {
    this.protocol = new AgentProtocol(Long.toString(seed));
    this.request = command == null ? null : protocol.exec(command);
    this.output = output;
  }

  /** The host's end of the agent's channel. */
  ConsolePort port() {
    return new ConsolePort(AgentProtocol.PORT_NAME, this::receive, open -> {});
  }

  /** Has {@code action} run at the instant at which the command is sent, before it is. */
  void beforeCommand(Runnable action) {
    beforeCommand = action;
  }

  /**
   * Starts to count the guest's time.
   *
   * @param limitNanos the guest time in which the agent must answer, if there is a command
   * @param powersOff whether the guest is ended in an orderly way after the command
   */
  synchronized void connect(VirtualMachine machine, long limitNanos, boolean powersOff) {
    vm = machine;
    orderly = powersOff;
    if (request != null) {
      machine.clock().schedule(limitNanos, this::giveUp);
    }
  }

  private synchronized void giveUp() {
    if (!ready) {
      late = true;
      machine().stop(0);
    }
  }

  private synchronized void receive(byte[] bytes, int offset, int length) {
    for (Event event : protocol.feed(bytes, offset, length)) {
      switch (event) {
        case Event.Ready() -> begin();
        case Event.Output(byte[] text) -> output.accept(text, 0, text.length);
        case Event.Exit(int value) -> end(value);
      }
    }
  }

  private void begin() {
    ready = true;
    if (request != null) {
      machine().clock().schedule(PAUSE_NANOS, beforeCommand);
      tellLater(request);
    }
  }

  private void end(int value) {
    status = value;
    if (orderly) {
      tellLater(AgentProtocol.powerOff());
      machine().clock().schedule(POWER_OFF_NANOS, () -> machine().stop(0));
    } else {
      machine().stop(0);
    }
  }

  /** Not at once: the caller holds the device's lock. */
  private void tellLater(byte[] bytes) {
    machine().clock().schedule(PAUSE_NANOS, () -> machine().tellAgent(bytes));
  }

  private VirtualMachine machine() {
    return Objects.requireNonNull(vm);
  }

  /** Whether the agent takes commands. */
  synchronized boolean ready() {
    return ready;
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
