package dev.quire.control;

import dev.quire.machine.board.UserError;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Something that can be asked.
 *
 * @param <S> of what: a guest, a host
 * @param name one word
 * @param arguments in the order in which they are typed; required ones first
 * @param description a sentence for a list of commands
 * @param handler does it
 */
public record ControlCommand<S>(
    String name, List<Argument> arguments, String description, Handler<S> handler) {

  /** How an argument is given. */
  public enum Kind {
    REQUIRED,
    /** The same for a path, which is relative to where the command is typed. */
    FILE,
    OPTIONAL,
    /** {@code --name VALUE}, anywhere. */
    OPTION,
    /** {@code --name}, anywhere; its value is "true". */
    FLAG,
    /** {@code name=VALUE}, anywhere. */
    SETTING,
    /** All words behind {@code --}, or behind the other arguments; required. */
    REST
  }

  /**
   * One argument.
   *
   * @param name its key in JSON; of an option, flag or setting also what is typed
   * @param label stands for its value in a list of commands
   */
  public record Argument(String name, String label, Kind kind, String description) {
    public static Argument required(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.REQUIRED, description);
    }

    public static Argument file(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.FILE, description);
    }

    public static Argument optional(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.OPTIONAL, description);
    }

    public static Argument option(String name, String label, String description) {
      return new Argument(name, label, Kind.OPTION, description);
    }

    public static Argument flag(String name, String description) {
      return new Argument(name, "", Kind.FLAG, description);
    }

    public static Argument setting(String name, String label, String description) {
      return new Argument(name, label, Kind.SETTING, description);
    }

    public static Argument rest(String name, String description) {
      return new Argument(name, name.toUpperCase(Locale.ROOT), Kind.REST, description);
    }

    boolean isRequired() {
      return kind == Kind.REQUIRED || kind == Kind.FILE || kind == Kind.REST;
    }

    /** How it is typed. */
    public String usage() {
      return switch (kind) {
        case REQUIRED, FILE -> label;
        case OPTIONAL -> "[" + label + "]";
        case OPTION -> "[--" + name + " " + label + "]";
        case FLAG -> "[--" + name + "]";
        case SETTING -> "[" + name + "=" + label + "]";
        case REST -> "-- " + label + "...";
      };
    }
  }

  /** What a command does; on the thread of whoever asks. */
  @FunctionalInterface
  public interface Handler<S> {
    /** Throws a {@link UserError} if it cannot be done. */
    Reply reply(S subject, Arguments arguments);
  }

  public ControlCommand {
    arguments = List.copyOf(arguments);
  }

  /** The same command for a subject that has an {@code S}. */
  public <T> ControlCommand<T> of(Function<T, S> part) {
    return new ControlCommand<>(
        name,
        arguments,
        description,
        (subject, given) -> handler.reply(part.apply(subject), given));
  }

  /** How it is typed: {@code walk GVA [--cpu N]}. */
  public String usage() {
    StringBuilder text = new StringBuilder(name);
    for (Argument argument : arguments) {
      text.append(' ').append(argument.usage());
    }
    return text.toString();
  }

  /** The command of that name; a {@link UserError} that names those that there are. */
  public static <S> ControlCommand<S> find(List<ControlCommand<S>> commands, String name) {
    for (ControlCommand<S> command : commands) {
      if (command.name().equals(name)) {
        return command;
      }
    }
    throw UserError.of(
        "'%s' is unknown: there are %s.",
        Arguments.shown(name),
        commands.stream().map(ControlCommand::name).collect(Collectors.joining(", ")));
  }

  /** The same for a request. */
  public static <S> ControlCommand<S> asked(List<ControlCommand<S>> commands, String name)
      throws Refusal {
    try {
      return find(commands, name);
    } catch (UserError e) {
      throw Refusal.unknown(String.valueOf(e.getMessage()));
    }
  }
}
