package dev.quire.image;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Progress as text: on a terminal a bar redrawn in place five times a second, elsewhere a plain
 * line every few seconds.
 */
public final class ProgressBar implements Progress {
  private static final long TERMINAL_NANOS = 200_000_000L;
  private static final long PLAIN_NANOS = 3_000_000_000L;
  private static final int BAR_WIDTH = 24;

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;

  private String what = "";
  private long startedAt;
  private long drawnAt;
  private long alreadyHere;
  private long done;
  private long total;

  ProgressBar(PrintStream out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  /** A bar on the process's standard error. */
  public static ProgressBar onStandardError() {
    return new ProgressBar(System.err, standardErrorIsTerminal(), System::nanoTime);
  }

  /** The same if that is a terminal; else nothing is said. */
  public static Progress onTerminal() {
    return standardErrorIsTerminal() ? onStandardError() : SILENT;
  }

  private static boolean standardErrorIsTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (java.io.IOException | RuntimeException e) {
      return false;
    }
  }

  @Override
  public void start(String what, long doneBytes, long totalBytes) {
    this.what = what;
    this.alreadyHere = doneBytes;
    this.done = doneBytes;
    this.total = totalBytes;
    startedAt = nanoTime.getAsLong();
    drawnAt = startedAt;
    if (terminal) {
      draw(startedAt);
    }
  }

  @Override
  public void advance(long bytes) {
    done += bytes;
    long now = nanoTime.getAsLong();
    if (now - drawnAt >= (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      drawnAt = now;
      draw(now);
    }
  }

  @Override
  public void end() {
    draw(nanoTime.getAsLong());
    if (terminal) {
      out.println();
    }
  }

  @Override
  public void note(String line) {
    out.println(line);
  }

  private void draw(long now) {
    if (terminal) {
      out.print("\r" + what + " " + bar() + " " + figures(now) + "\033[K");
      out.flush();
    } else {
      out.println(what + ": " + figures(now));
    }
  }

  private String bar() {
    int filled = total <= 0 ? 0 : (int) Math.min(BAR_WIDTH, done * BAR_WIDTH / total);
    return "[" + "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled) + "]";
  }

  private String figures(long now) {
    double seconds = Math.max(now - startedAt, 1) / 1e9;
    double rate = (done - alreadyHere) / seconds;
    boolean small = total < 1_000_000;
    double unit = small ? 1e3 : 1e6;
    String amount =
        String.format(
            Locale.ROOT, "%.1f of %.1f %s", done / unit, total / unit, small ? "kB" : "MB");
    if (done <= alreadyHere) {
      return amount;
    }
    String speed = String.format(Locale.ROOT, ", %.1f MB/s", rate / 1e6);
    if (done >= total) {
      return amount + speed + ", " + time(seconds);
    }
    return amount + speed + ", " + time((total - done) / rate) + " left";
  }

  private static String time(double seconds) {
    long whole = (long) Math.ceil(seconds);
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
  }
}
