package dev.quire.machine.board;

import org.jspecify.annotations.Nullable;

/** A mistake of the user's: the message is one whole sentence, and all that is ever shown of it. */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A sentence that says what is wrong, where, and what is allowed. */
  public UserError(String message) {
    super(message);
  }

  /** The same, keeping what went wrong underneath for whoever debugs. */
  public UserError(String message, Throwable cause) {
    super(message, cause);
  }

  /** As {@link String#format}. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  public static UserError of(String format, @Nullable Object... arguments) {
    return new UserError(format.formatted(arguments));
  }
}
