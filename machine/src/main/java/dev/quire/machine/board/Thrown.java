package dev.quire.machine.board;

import org.jspecify.annotations.Nullable;

/** Throws on one thread what was thrown on another, or earlier. */
final class Thrown {
  private Thrown() {}

  /** Does nothing for null. A checked exception, which no action can throw, is wrapped. */
  static void again(@Nullable Throwable thrown) {
    switch (thrown) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }
}
