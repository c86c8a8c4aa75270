package dev.quire.run;

import dev.quire.agent.AgentProtocol;
import dev.quire.agent.AgentProtocol.Event;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.ConsolePort;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.VirtualMachine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Commands for the agent in one guest, which runs them one after the other, in the order in which
 * they were submitted. Requests are sent at instants of guest time that depend on the guest alone,
 * and on when a command was submitted while none ran. For one start of the guest.
 *
 * <p>A command that runs long keeps the others waiting, {@link #powerOff} too: {@link #background}
 * is for such. Any thread.
 */
public final class AgentChannel {
  /** Guest time from an answer of the agent to the request that follows it. */
  private static final long PAUSE_NANOS = 100_000;

  /** Is told what becomes of a command, on threads of the VM; must not wait for anything. */
  public interface Follower {
    /** It is about to be sent. */
    default void begun() {}

    /** It has printed this, on standard output or standard error. */
    void printed(byte[] bytes);

    /** It has ended, with 128 + n if by signal n. The last call. */
    void ended(int status);

    /** It will never end or begin: the guest has ended, or is about to. The last call. */
    void lost();
  }

  /** One command. */
  public final class Command {
    private final String text;
    private final Follower follower;

    private Command(String text, Follower follower) {
      this.text = text;
      this.follower = follower;
    }

    /** Has it never begin; false if it has begun or ended. Its follower is not told. */
    public boolean cancel() {
      synchronized (AgentChannel.this) {
        return queue.remove(this);
      }
    }
  }

  private final AgentProtocol protocol;
  private final ArrayDeque<Command> queue = new ArrayDeque<>();
  private @Nullable VirtualMachine vm;
  private @Nullable Runnable whenReady;
  private @Nullable Command running;

  /** Whether {@link #send} is going to run. */
  private boolean sending;

  /** Whether the guest has got the command that runs. */
  private boolean sent;

  private boolean ready;
  private boolean closed;
  private int backgroundJobs;

  /**
   * @param seed of the tokens by which the agent marks the end of a command's output
   */
  public AgentChannel(long seed) {
    protocol = new AgentProtocol(Long.toString(seed));
  }

  /**
   * Goes on with the conversation that {@link #save} wrote, for a copy of the guest. A command that
   * ran then runs in the copy, too: nobody hears of it, and the next ones come after it.
   */
  public AgentChannel(StateReader from) {
    protocol = new AgentProtocol(from);
    backgroundJobs = from.getInt("a number of jobs", 0, Integer.MAX_VALUE);
    ready = protocol.ready();
    running = protocol.awaitsExit() ? new Command("", new Unfollowed()) : null;
    sent = running != null;
  }

  /** Writes where the conversation is; while no vCPU runs. Commands that wait are no part of it. */
  public synchronized void save(StateWriter to) {
    protocol.save(to, sent);
    to.putInt(backgroundJobs);
  }

  /** The host's end of the agent's channel, for the VM's constructor. */
  public ConsolePort port() {
    return new ConsolePort(AgentProtocol.PORT_NAME, this::receive, open -> {});
  }

  /** Says which VM this is; before it runs. {@code action} runs once the agent takes commands. */
  public synchronized void connect(VirtualMachine machine, Runnable action) {
    vm = machine;
    whenReady = action;
  }

  /** Whether the agent takes commands. */
  public synchronized boolean ready() {
    return ready;
  }

  /**
   * Has the agent run {@code text} with {@code sh -c} once it has run all that was submitted
   * before.
   *
   * @throws UserError if the command is too long or holds a zero byte
   */
  public Command submit(String text, Follower follower) {
    AgentProtocol.check(text);
    Command command = new Command(text, follower);
    if (add(command)) {
      machine().clock().post(this::sendSoon);
    }
    return command;
  }

  /** Whether the command finds the agent waiting; tells its follower if it is too late for it. */
  private boolean add(Command command) {
    synchronized (this) {
      if (!closed) {
        queue.add(command);
        return ready && running == null;
      }
    }
    command.follower.lost();
    return false;
  }

  /**
   * Has the agent start {@code text}, which may run as long as it likes.
   *
   * @return the file in the guest to which the command's output goes
   */
  public String background(String text) {
    String file = "/tmp/job-" + newJob() + ".txt";
    String quoted = "'" + text.replace("'", "'\\''") + "'";
    var _ = submit("setsid sh -c " + quoted + " >" + file + " 2>&1 &", new Unfollowed());
    return file;
  }

  private synchronized int newJob() {
    return ++backgroundJobs;
  }

  /** A command whose output goes elsewhere. */
  private static final class Unfollowed implements Follower {
    @Override
    public void printed(byte[] bytes) {}

    @Override
    public void ended(int status) {}

    @Override
    public void lost() {}
  }

  /**
   * Ends the guest in an orderly way once the command that runs has ended; those that have not
   * begun are lost. On a thread of the VM, or between two of its slices.
   */
  public void powerOff() {
    close();
    machine().clock().schedule(PAUSE_NANOS, () -> machine().tellAgent(AgentProtocol.powerOff()));
  }

  /** Takes no more commands; those that have not begun are lost. */
  private void close() {
    List<Command> lost;
    synchronized (this) {
      closed = true;
      lost = new ArrayList<>(queue);
      queue.clear();
    }
    lost.forEach(command -> command.follower.lost());
  }

  /** The guest has ended: whatever has not is lost. */
  public void disconnect() {
    close();
    Command last = takeRunning();
    if (last != null) {
      last.follower.lost();
    }
  }

  private synchronized @Nullable Command takeRunning() {
    Command command = running;
    running = null;
    sent = false;
    return command;
  }

  // ---- on threads of the VM ------------------------------------------------------------------

  private void receive(byte[] bytes, int offset, int length) {
    for (Event event : feed(bytes, offset, length)) {
      switch (event) {
        case Event.Ready() -> begin();
        case Event.Output(byte[] text) -> print(text);
        case Event.Exit(int status) -> end(status);
      }
    }
  }

  private synchronized List<Event> feed(byte[] bytes, int offset, int length) {
    return protocol.feed(bytes, offset, length);
  }

  private void begin() {
    Runnable action;
    synchronized (this) {
      ready = true;
      action = whenReady;
    }
    Objects.requireNonNull(action).run();
    sendSoon();
  }

  /** What comes while no command runs is a leftover of one that went to the background. */
  private void print(byte[] text) {
    Command command;
    synchronized (this) {
      command = running;
    }
    if (command != null) {
      command.follower.printed(text);
    }
  }

  private void end(int status) {
    Command command = takeRunning();
    if (command != null) {
      command.follower.ended(status);
    }
    sendSoon();
  }

  /** Not at once: the caller may hold the device's lock. */
  private void sendSoon() {
    synchronized (this) {
      if (sending || running != null || queue.isEmpty()) {
        return;
      }
      sending = true;
    }
    machine().clock().schedule(PAUSE_NANOS, this::send);
  }

  private void send() {
    Command command;
    synchronized (this) {
      sending = false;
      command = queue.poll();
      running = command;
    }
    if (command != null) {
      command.follower.begun();
      machine().tellAgent(request(command), this::noteSent);
    }
  }

  private synchronized void noteSent() {
    sent = running != null;
  }

  private synchronized byte[] request(Command command) {
    return protocol.exec(command.text);
  }

  private synchronized VirtualMachine machine() {
    return Objects.requireNonNull(vm);
  }
}
