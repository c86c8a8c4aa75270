package dev.quire.control;

import java.util.List;
import java.util.Map;

/** What a server serves: guests, and perhaps the host that they are on. Any thread. */
public interface Controlled {
  /** Whether there is a host, with commands of its own, and not just a guest. */
  boolean isHost();

  /** The names of the guests that there are, were or will be; others may be added. */
  List<String> guests();

  /** Has {@code action} run after each change of {@link #guests}. */
  void whenGuestsChange(Runnable action);

  /**
   * Does what a request asks of a guest. A {@link dev.quire.machine.board.UserError} if it cannot
   * be done.
   *
   * @param guest one of {@link #guests}
   * @throws Refusal if there is no such command
   */
  Reply askGuest(String guest, String command, Map<String, ?> arguments) throws Refusal;

  /** The same of the host. */
  Reply askHost(String command, Map<String, ?> arguments) throws Refusal;

  /**
   * Its numbers as Prometheus reads them.
   *
   * @throws Refusal if it has none
   */
  Metrics metrics() throws Refusal;

  /** A text and its content type. */
  record Metrics(String contentType, String text) {}
}
