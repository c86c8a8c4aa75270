package dev.quire.control;

import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.ControlCommand.Kind;
import dev.quire.machine.board.UserError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a command's arguments by name; all that are required are there. */
public final class Arguments {
  private static final int ADDRESS_DIGITS = 16;
  private static final int SHOWN = 40;

  private final Map<String, String> values;

  private Arguments(ControlCommand command, Map<String, String> values) {
    this.values = values;
    for (Argument argument : command.arguments()) {
      if (argument.kind() == Kind.REQUIRED && !values.containsKey(argument.name())) {
        throw UserError.of(
            "%s needs its %s: %s.", command.name(), argument.label(), command.usage());
      }
    }
  }

  /** As typed behind the command's name. */
  public static Arguments ofWords(ControlCommand command, List<String> words) {
    Map<String, String> values = new LinkedHashMap<>();
    Deque<Argument> places = new ArrayDeque<>();
    command.arguments().stream().filter(a -> a.kind() != Kind.OPTION).forEach(places::add);
    Deque<String> rest = new ArrayDeque<>(words);
    while (!rest.isEmpty()) {
      String word = rest.remove();
      if (word.startsWith("--")) {
        option(command, word, rest, values);
      } else if (places.isEmpty()) {
        throw UserError.of("'%s' is too much: %s.", shown(word), command.usage());
      } else {
        values.put(places.remove().name(), word);
      }
    }
    return new Arguments(command, values);
  }

  private static void option(
      ControlCommand command, String word, Deque<String> rest, Map<String, String> values) {
    int equals = word.indexOf('=');
    String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
    boolean known =
        command.arguments().stream()
            .anyMatch(a -> a.kind() == Kind.OPTION && a.name().equals(name));
    if (!known) {
      throw UserError.of("--%s is unknown: %s.", shown(name), command.usage());
    }
    if (equals < 0 && rest.isEmpty()) {
      throw UserError.of("--%s needs a value: %s.", name, command.usage());
    }
    values.put(name, equals < 0 ? rest.remove() : word.substring(equals + 1));
  }

  /** As an object of strings and numbers. */
  public static Arguments ofJson(ControlCommand command, Map<String, ?> object) {
    Map<String, String> values = new LinkedHashMap<>();
    object.forEach(
        (name, value) -> {
          if (command.arguments().stream().noneMatch(a -> a.name().equals(name))) {
            throw UserError.of("'%s' is no argument of %s.", shown(name), command.usage());
          }
          if (!(value instanceof String || value instanceof Number)) {
            throw UserError.of("'%s' must be a string or a number.", name);
          }
          values.put(name, value.toString());
        });
    return new Arguments(command, values);
  }

  /** As {@link #ofJson} takes them. */
  public Map<String, String> toJson() {
    return values;
  }

  /** The value, or null if there is none. */
  public @Nullable String get(String name) {
    return values.get(name);
  }

  /** A number of 0 or more and below {@code limit}; {@code missing} if it is not given. */
  public int number(String name, int missing, int limit) {
    String text = values.get(name);
    if (text == null) {
      return missing;
    }
    if (text.matches("[0-9]{1,9}") && Integer.parseInt(text) < limit) {
      return Integer.parseInt(text);
    }
    throw UserError.of("--%s %s is not possible: 0 to %d are.", name, shown(text), limit - 1);
  }

  /** An address of a required argument, in hexadecimal with or without 0x. */
  public long address(String name) {
    String text = values.getOrDefault(name, "");
    String digits = text.startsWith("0x") ? text.substring(2) : text;
    if (digits.length() > ADDRESS_DIGITS || !digits.matches("[0-9a-fA-F]+")) {
      throw UserError.of(
          "'%s' is not an address: up to 16 hexadecimal digits, as in ffffffff80000000.",
          shown(text));
    }
    return Long.parseUnsignedLong(digits, 16);
  }

  /** A part of what was given that fits into a sentence on a terminal. */
  static String shown(String text) {
    String printable = text.replaceAll("[^ -~]", "?");
    return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "...";
  }
}
