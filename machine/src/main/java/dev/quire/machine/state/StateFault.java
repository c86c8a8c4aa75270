package dev.quire.machine.state;

import org.jspecify.annotations.Nullable;

/** A saved state cannot be loaded; the message is one sentence that says what is wrong with it. */
public final class StateFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StateFault(String message) {
    super(message);
  }

  /** As {@link String#format}. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  public static StateFault of(String format, @Nullable Object... arguments) {
    return new StateFault(format.formatted(arguments));
  }
}
