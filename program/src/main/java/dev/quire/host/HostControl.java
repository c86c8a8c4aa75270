package dev.quire.host;

import dev.quire.control.Arguments;
import dev.quire.control.ControlCommand;
import dev.quire.control.ControlServer;
import dev.quire.control.Controlled;
import dev.quire.control.Refusal;
import dev.quire.control.Reply;
import dev.quire.machine.board.UserError;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A host and its guests as clients ask them: {@link HostCommands} and {@link GuestCommands}. What
 * they do to the host happens on the thread that manages it, between its start and its end.
 */
public final class HostControl implements Controlled {
  private final HostSession session;
  private volatile boolean begun;

  /** One guest of it. */
  record Guest(HostControl host, HostedVm vm) {
    String name() {
      return vm.name();
    }
  }

  private HostControl(HostSession session) {
    this.session = session;
    session.clock().post(() -> begun = true);
  }

  /**
   * Serves a host, which has not started, until the server is closed: before {@link
   * HostSession#close}.
   *
   * @param name that no other running host or guest of the user has
   * @param port on 127.0.0.1; 0 for any that is free
   */
  public static ControlServer open(HostSession session, String name, int port) {
    return ControlServer.open(name, new HostControl(session), port);
  }

  HostSession session() {
    return session;
  }

  /** Has {@code action} run where everything is managed; a {@link UserError} if nothing is. */
  <T> T managed(Supplier<T> action) {
    return look(
        () -> {
          if (!begun) {
            throw new UserError("The host is being started: try again.");
          }
          if (session.events().closed()) {
            throw new UserError("The host has ended.");
          }
          return action.get();
        });
  }

  /** The same for what only looks, at guests that may have ended with the host. */
  <T> T look(Supplier<T> action) {
    AtomicReference<@Nullable T> result = new AtomicReference<>();
    session.call(() -> result.set(action.get()));
    return Objects.requireNonNull(result.get());
  }

  @Override
  public boolean isHost() {
    return true;
  }

  @Override
  public List<String> guests() {
    return session.vms().stream().map(HostedVm::name).toList();
  }

  @Override
  public void whenGuestsChange(Runnable action) {
    session.whenGuestsChange(action);
  }

  @Override
  public Reply askGuest(String guest, String command, Map<String, ?> arguments) throws Refusal {
    ControlCommand<Guest> found = ControlCommand.asked(GuestCommands.ALL, command);
    Arguments given = Arguments.ofJson(found, arguments);
    return found.handler().reply(new Guest(this, session.vm(guest)), given);
  }

  @Override
  public Reply askHost(String command, Map<String, ?> arguments) throws Refusal {
    ControlCommand<HostControl> found = ControlCommand.asked(HostCommands.ALL, command);
    return found.handler().reply(this, Arguments.ofJson(found, arguments));
  }

  @Override
  public Metrics metrics() {
    return managed(
        () ->
            new Metrics(
                MetricsText.CONTENT_TYPE,
                MetricsText.of(session.manager().snapshot(), HostCounters.of(session))));
  }
}
