package dev.quire.run;

import dev.quire.machine.device.ByteSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The host's input, read by a thread of its own: every byte goes to the guest, except that on a
 * terminal Ctrl-] opens Quire's own prompt. Outlives a guest that restarts.
 */
public final class Keyboard {
  /**
   * Who is typed to.
   *
   * @param keys takes what is typed
   * @param ended runs when there is no more input
   * @param quit runs when the user asks for the guest's end
   */
  record Guest(ByteSink keys, Runnable ended, Runnable quit) {}

  /** What Quire's own prompt takes besides its own words. */
  public interface Prompt {
    /** Lines about the commands that there are. */
    String help();

    /** What a line that was typed has to say: whole lines. On the keyboard's thread. */
    String answer(String line);
  }

  private static final byte ESCAPE = 0x1d;
  private static final byte END_OF_TRANSMISSION = 4;
  private static final byte BACKSPACE = 8;
  private static final byte DELETE = 0x7f;

  private static final String PROMPT = "quire> ";

  private static final String HELP =
      """
      q                                end the guest, as by cutting its power
      help                             this list
      Enter                            back to the guest
      Ctrl-]                           send Ctrl-] to the guest
      """;

  private final InputStream input;
  private final PrintStream screen;
  private final boolean terminal;
  private final Prompt prompt;
  private final StringBuilder line = new StringBuilder();
  private boolean prompting;
  private boolean typed;
  private boolean started;
  private volatile boolean over;
  private volatile @Nullable Guest guest;

  /** The prompt is shown on {@code screen}; there is none unless this is a {@code terminal}. */
  public Keyboard(InputStream input, PrintStream screen, boolean terminal, Prompt prompt) {
    this.input = input;
    this.screen = screen;
    this.terminal = terminal;
    this.prompt = prompt;
  }

  boolean isTerminal() {
    return terminal;
  }

  /** Types to that guest from now on. */
  synchronized void connect(Guest newGuest) {
    guest = newGuest;
    if (over) {
      newGuest.ended().run();
    } else if (!started) {
      started = true;
      Thread.ofPlatform().daemon().name("keyboard").start(this::readAll);
    }
  }

  /**
   * Who has typed something without a terminal has also typed Ctrl-D at the end, which ends the
   * guest's shell.
   */
  private void readAll() {
    byte[] bytes = new byte[4096];
    try {
      for (int count = input.read(bytes); count >= 0; count = input.read(bytes)) {
        typed = true;
        take(bytes, count, Objects.requireNonNull(guest));
      }
    } catch (IOException e) {
      // Whoever typed is gone: as at the end of the input.
    }
    synchronized (this) {
      over = true;
      Guest last = Objects.requireNonNull(guest);
      if (typed && !terminal) {
        send(END_OF_TRANSMISSION, last);
      }
      last.ended().run();
    }
  }

  private void take(byte[] bytes, int count, Guest to) {
    if (terminal) {
      for (int i = 0; i < count; i++) {
        key(bytes[i], to);
      }
    } else {
      to.keys().accept(bytes, 0, count);
    }
  }

  private static void send(byte key, Guest to) {
    to.keys().accept(new byte[] {key}, 0, 1);
  }

  private void key(byte key, Guest to) {
    if (prompting) {
      promptKey(key, to);
    } else if (key == ESCAPE) {
      prompting = true;
      line.setLength(0);
      show("\r\n" + PROMPT);
    } else {
      send(key, to);
    }
  }

  private void promptKey(byte key, Guest to) {
    switch (key) {
      case ESCAPE -> {
        prompting = false;
        send(ESCAPE, to);
      }
      case '\r', '\n' -> obey(line.toString().strip(), to.quit());
      case BACKSPACE, DELETE -> {
        if (!line.isEmpty()) {
          line.setLength(line.length() - 1);
          show("\b \b");
        }
      }
      default -> {
        if (key >= ' ') {
          line.append((char) key);
          show(String.valueOf((char) key));
        }
      }
    }
  }

  private void obey(String command, Runnable quit) {
    line.setLength(0);
    show("\r\n");
    switch (command) {
      case "" -> prompting = false;
      case "q", "quit" -> quit.run();
      case "help", "h", "?" -> showLines(HELP + prompt.help());
      default -> showLines(prompt.answer(command));
    }
  }

  /** On a raw terminal, and the prompt again behind them. */
  private void showLines(String lines) {
    show(lines.replace("\n", "\r\n") + PROMPT);
  }

  private void show(String text) {
    screen.print(text);
    screen.flush();
  }
}
