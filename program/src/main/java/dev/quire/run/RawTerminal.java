package dev.quire.run;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Standard input, which if it is a terminal is raw (every key goes to the guest, which echoes it)
 * until {@link #close} or the end of the process, whatever ends it.
 */
public final class RawTerminal implements AutoCloseable {
  /** How much text a terminal shows. */
  public record Size(int lines, int columns) {}

  /** The terminal's settings before, as stty writes them; empty if there is nothing to restore. */
  private String saved = "";

  private final Thread hook = new Thread(this::restore, "terminal-restore");

  private RawTerminal() {}

  /** Makes a terminal raw if {@code wanted}. */
  public static RawTerminal ofStandardInput(boolean wanted) {
    RawTerminal terminal = new RawTerminal();
    String settings = wanted ? stty("-g") : "";
    if (settings.matches("[0-9a-f:]+")) {
      terminal.saved = settings;
      Runtime.getRuntime().addShutdownHook(terminal.hook);
      var _ = stty("raw", "-echo");
    }
    return terminal;
  }

  /** Whether it is a terminal, and raw now. */
  public boolean isRaw() {
    return !saved.isEmpty();
  }

  /**
   * Whether a descriptor of this process (1 standard output, 2 standard error) is a terminal; false
   * if the host does not tell.
   */
  public static boolean isTerminal(int descriptor) {
    try {
      Path file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return file.startsWith("/dev/pts") || file.toString().startsWith("/dev/tty");
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Lines and columns of the terminal that standard input is; 24 and 80 if it does not say. */
  public static Size size() {
    String[] words = stty("size").split(" ", -1);
    boolean told = words.length == 2 && words[0].matches("[1-9]\\d{0,3}");
    return told && words[1].matches("[1-9]\\d{0,3}")
        ? new Size(Integer.parseInt(words[0]), Integer.parseInt(words[1]))
        : new Size(24, 80);
  }

  private synchronized void restore() {
    if (isRaw()) {
      var _ = stty(saved);
      saved = "";
    }
  }

  @Override
  public void close() {
    restore();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the process is ending: the hook has run or will
    }
  }

  /** What the program stty prints, or nothing if it fails or there is none. */
  private static String stty(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectInput(Redirect.INHERIT).redirectError(Redirect.DISCARD);
    try {
      Process process = builder.start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return process.waitFor() == 0 ? text.strip() : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
