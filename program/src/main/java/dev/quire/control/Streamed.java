package dev.quire.control;

import java.io.IOException;

/** What a command has to say as it comes, until it has ended or nobody listens any more. */
@FunctionalInterface
public non-sealed interface Streamed extends Reply {
  /** How long a stream may be silent, in milliseconds, before it says {@link Parts#nothing}. */
  long SILENCE_MILLIS = 5_000;

  /**
   * Gives all parts, on a thread of its own, and returns at the end. A {@link
   * dev.quire.machine.board.UserError} becomes the last part.
   *
   * @throws IOException if nobody listens any more
   */
  void sendTo(Parts parts) throws IOException, InterruptedException;

  /** Who listens. */
  interface Parts {
    /** One part, a JSON object. */
    void part(Object value) throws IOException;

    /** That there is nothing to say yet; it shows whether somebody still listens. */
    void nothing() throws IOException;
  }
}
