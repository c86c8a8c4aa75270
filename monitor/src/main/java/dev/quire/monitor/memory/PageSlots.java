package dev.quire.monitor.memory;

import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Room for pages that are in no frame: each gets a slot, whose content never changes. */
public interface PageSlots {
  /** Puts 4096 bytes into a slot of their own; -1 if there is no room, see {@link #failure}. */
  int write(byte[] page);

  /**
   * The page in a slot that {@link #write} gave, which stays in use; an {@link
   * UncheckedIOException} if it cannot be read.
   */
  void read(int slot, byte[] page);

  /** Gives a slot back. */
  void free(int slot);

  /** Why the last page that was to be written could not be; null if it could. */
  @Nullable String failure();
}
