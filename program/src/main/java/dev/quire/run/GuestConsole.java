package dev.quire.run;

import dev.quire.machine.device.ByteSink;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the guest prints: shown as it comes, kept, or both. Any thread. A closed output loses text
 * and nothing else.
 */
public final class GuestConsole implements ByteSink {
  /** How much is kept where all is not asked for: enough to see why a guest failed. */
  private static final int TAIL = 1 << 14;

  private final @Nullable PrintStream shown;
  private final boolean keepsAll;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long count;
  private boolean dirty;

  private GuestConsole(@Nullable PrintStream shown, boolean keepsAll) {
    this.shown = shown;
    this.keepsAll = keepsAll;
  }

  /** Shown on {@code out}, by {@link #flush}. */
  public static GuestConsole shownOn(OutputStream out) {
    return new GuestConsole(new PrintStream(out, false, StandardCharsets.ISO_8859_1), false);
  }

  /** Not shown; {@code all} of it is kept, or the end only. */
  public static GuestConsole kept(boolean all) {
    return new GuestConsole(null, all);
  }

  @Override
  public synchronized void accept(byte[] bytes, int offset, int length) {
    count += length;
    if (shown != null) {
      shown.write(bytes, offset, length);
      dirty = true;
      return;
    }
    if (!keepsAll && kept.size() + length > 2 * TAIL) {
      byte[] before = kept.toByteArray();
      kept.reset();
      int from = Math.max(0, before.length - TAIL);
      kept.write(before, from, before.length - from);
    }
    kept.write(bytes, offset, length);
  }

  /** Shows what has been printed. */
  synchronized void flush() {
    if (dirty && shown != null) {
      dirty = false;
      shown.flush();
    }
  }

  /** How many bytes the guest has printed. */
  synchronized long count() {
    return count;
  }

  /** What was kept. */
  public synchronized byte[] bytes() {
    return kept.toByteArray();
  }

  /** The last lines, for a message about a guest that failed; empty if nothing was kept. */
  public String lastLines(int lines) {
    String[] all =
        new String(bytes(), StandardCharsets.UTF_8).replace("\r", "").strip().split("\n", -1);
    StringBuilder last = new StringBuilder();
    for (int i = Math.max(0, all.length - lines); i < all.length; i++) {
      last.append("  | ").append(all[i]).append('\n');
    }
    return kept.size() == 0 ? "" : last.toString();
  }
}
