package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.memory.PageSlots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Slots that run out, and that notice if one is used that is not in use. */
final class FakeSlots implements PageSlots {
  /** No page more can be written while so many slots are in use. */
  int room = Integer.MAX_VALUE;

  /** Whether nothing can be read. */
  boolean broken;

  /** How often a page was to be written. */
  int attempts;

  /** Pages that were written. */
  int writes;

  private final Map<Integer, byte[]> pages = new HashMap<>();
  private boolean full;
  private int last;

  int used() {
    return pages.size();
  }

  @Override
  public int write(byte[] page) {
    attempts++;
    full = pages.size() >= room;
    if (full) {
      return -1;
    }
    writes++;
    pages.put(++last, page.clone());
    return last;
  }

  @Override
  public void read(int slot, byte[] page) {
    if (broken) {
      throw new UncheckedIOException(new IOException("broken"));
    }
    byte[] found = Objects.requireNonNull(pages.get(slot));
    System.arraycopy(found, 0, page, 0, found.length);
  }

  @Override
  public void free(int slot) {
    assertThat(pages.remove(slot)).isNotNull();
  }

  @Override
  public @Nullable String failure() {
    return full ? "no room" : null;
  }
}
