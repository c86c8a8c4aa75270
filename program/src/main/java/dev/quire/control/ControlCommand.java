package dev.quire.control;

import dev.quire.run.GuestRun;
import java.util.List;
import java.util.Locale;

/**
 * Something that can be asked of a guest.
 *
 * @param name one word
 * @param arguments in the order in which they are typed; required ones first
 * @param description a sentence for a list of commands
 * @param handler does it
 */
public record ControlCommand(
    String name, List<Argument> arguments, String description, Handler handler) {

  /** How an argument is given. */
  public enum Kind {
    REQUIRED,
    OPTIONAL,
    /** {@code --name VALUE}, anywhere. */
    OPTION
  }

  /**
   * One argument.
   *
   * @param name its key in JSON; of an option also what is typed after {@code --}
   * @param label stands for its value in a list of commands
   */
  public record Argument(String name, String label, Kind kind, String description) {
    static Argument required(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.REQUIRED, description);
    }

    static Argument optional(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.OPTIONAL, description);
    }

    static Argument option(String name, String label, String description) {
      return new Argument(name, label, Kind.OPTION, description);
    }

    private String usage() {
      return switch (kind) {
        case REQUIRED -> label;
        case OPTIONAL -> "[" + label + "]";
        case OPTION -> "[--" + name + " " + label + "]";
      };
    }
  }

  /** What a command does; any thread, but one command at a time for each guest. */
  @FunctionalInterface
  public interface Handler {
    /** Throws a {@link dev.quire.machine.board.UserError} if it cannot be done. */
    Answer answer(GuestRun guest, Arguments arguments);
  }

  /** How it is typed: {@code walk GVA [--cpu N]}. */
  public String usage() {
    StringBuilder text = new StringBuilder(name);
    for (Argument argument : arguments) {
      text.append(' ').append(argument.usage());
    }
    return text.toString();
  }
}
