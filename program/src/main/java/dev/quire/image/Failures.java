package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Turns failures of the user's own disk into sentences. */
final class Failures {
  private Failures() {}

  /** The local half of a transfer failed; trying the remote half again would not help. */
  static final class Writing extends IOException {
    private static final long serialVersionUID = 1L;

    Writing(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  static UserError writing(Path where, IOException failure) {
    if (failure instanceof AccessDeniedException) {
      return new UserError(where + " may not be written by this user.", failure);
    }
    if (isNoSpace(failure)) {
      return new UserError(
          "No space is left to write "
              + where
              + "; free some, or set XDG_CACHE_HOME to a folder on another disk.",
          failure);
    }
    return new UserError(where + " cannot be written: " + failure.getMessage() + ".", failure);
  }

  private static boolean isNoSpace(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String message = t.getMessage();
      if (message != null
          && (message.contains("No space left") || message.contains("quota exceeded"))) {
        return true;
      }
    }
    return false;
  }
}
