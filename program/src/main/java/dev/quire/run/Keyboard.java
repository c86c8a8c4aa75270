package dev.quire.run;

import dev.quire.machine.device.ByteSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * The host's input: every byte goes to the guest, except that on a terminal Ctrl-] opens Quire's
 * own prompt.
 */
final class Keyboard {
  private static final byte ESCAPE = 0x1d;
  private static final byte END_OF_TRANSMISSION = 4;
  private static final byte BACKSPACE = 8;
  private static final byte DELETE = 0x7f;

  private static final String PROMPT = "quire> ";

  private static final String HELP =
      """
      q       end the guest, as by cutting its power
      help    this list
      Enter   back to the guest
      Ctrl-]  send Ctrl-] to the guest
      """
              .replace("\n", "\r\n")
          + PROMPT;

  private final InputStream input;
  private final PrintStream screen;
  private final boolean terminal;
  private final StringBuilder line = new StringBuilder();
  private boolean prompting;
  private boolean typed;

  /** The prompt is shown on {@code screen}; there is none unless this is a {@code terminal}. */
  Keyboard(InputStream input, PrintStream screen, boolean terminal) {
    this.input = input;
    this.screen = screen;
    this.terminal = terminal;
  }

  /**
   * Reads until the input ends or the user does. Who has typed something without a terminal has
   * also typed Ctrl-D at the end, which ends the guest's shell.
   *
   * @param ended runs when there is no more input
   * @param quit runs when the user asks for the guest's end
   */
  void read(ByteSink guest, Runnable ended, Runnable quit) {
    byte[] bytes = new byte[4096];
    try {
      for (int count = input.read(bytes); count >= 0; count = input.read(bytes)) {
        typed = true;
        if (terminal) {
          for (int i = 0; i < count; i++) {
            key(bytes[i], guest, quit);
          }
        } else {
          guest.accept(bytes, 0, count);
        }
      }
    } catch (IOException e) {
      // Whoever typed is gone: as at the end of the input.
    }
    if (typed && !terminal) {
      guest.accept(new byte[] {END_OF_TRANSMISSION}, 0, 1);
    }
    ended.run();
  }

  private void key(byte key, ByteSink guest, Runnable quit) {
    if (prompting) {
      promptKey(key, guest, quit);
    } else if (key == ESCAPE) {
      prompting = true;
      line.setLength(0);
      show("\r\n" + PROMPT);
    } else {
      guest.accept(new byte[] {key}, 0, 1);
    }
  }

  private void promptKey(byte key, ByteSink guest, Runnable quit) {
    switch (key) {
      case ESCAPE -> {
        prompting = false;
        guest.accept(new byte[] {ESCAPE}, 0, 1);
      }
      case '\r', '\n' -> obey(line.toString().strip(), quit);
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
      case "help", "h", "?" -> show(HELP);
      default -> show("'" + command + "' is unknown: q, help, or Enter.\r\n" + PROMPT);
    }
  }

  private void show(String text) {
    screen.print(text);
    screen.flush();
  }
}
