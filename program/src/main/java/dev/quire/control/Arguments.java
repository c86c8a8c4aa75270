package dev.quire.control;

import dev.quire.control.ControlCommand.Argument;
import dev.quire.control.ControlCommand.Kind;
import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.TimeSpan;
import dev.quire.machine.board.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The values of a command's arguments by name; all that are required are there. */
public final class Arguments {
  private static final int ADDRESS_DIGITS = 16;
  private static final int SHOWN = 40;
  private static final long PAGE = 4096;
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,13})([KMGkmg]?)");
  private static final String ON = "on";
  private static final String OFF = "off";
  private static final Set<String> TRUTH = Set.of("true", "false");

  private final Map<String, String> values;

  private Arguments(ControlCommand<?> command, Map<String, String> values) {
    this.values = values;
    for (Argument argument : command.arguments()) {
      if (argument.isRequired() && !values.containsKey(argument.name())) {
        throw UserError.of(
            "%s needs its %s: %s.", command.name(), argument.label(), command.usage());
      }
    }
  }

  /** As typed behind the command's name. */
  public static Arguments ofWords(ControlCommand<?> command, List<String> words) {
    Map<String, String> values = new LinkedHashMap<>();
    Deque<Argument> places = new ArrayDeque<>();
    command.arguments().stream().filter(Arguments::hasPlace).forEach(places::add);
    Deque<String> rest = new ArrayDeque<>(words);
    while (!rest.isEmpty()) {
      String word = rest.remove();
      Argument setting = setting(command, word);
      if (!places.isEmpty() && places.getFirst().kind() == Kind.REST) {
        rest.addFirst(word);
        takeRest(places.remove(), rest, values);
      } else if (word.startsWith("--")) {
        option(command, word, rest, values);
      } else if (setting != null) {
        values.put(setting.name(), word.substring(word.indexOf('=') + 1));
      } else if (places.isEmpty()) {
        throw UserError.of("'%s' is too much: %s.", shown(word), command.usage());
      } else {
        Argument place = places.remove();
        values.put(place.name(), place.kind() == Kind.FILE ? absolute(word) : word);
      }
    }
    return new Arguments(command, values);
  }

  private static boolean hasPlace(Argument argument) {
    return switch (argument.kind()) {
      case REQUIRED, FILE, OPTIONAL, REST -> true;
      case OPTION, FLAG, SETTING -> false;
    };
  }

  private static String absolute(String word) {
    return path(word).toAbsolutePath().toString();
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw UserError.of("'%s' is not a file name: %s.", shown(text), e.getReason());
    }
  }

  /** All that is left, in one line. */
  private static void takeRest(Argument argument, Deque<String> words, Map<String, String> values) {
    if (words.getFirst().equals("--")) {
      words.remove();
    }
    if (!words.isEmpty()) {
      values.put(argument.name(), String.join(" ", words));
    }
    words.clear();
  }

  /** The setting that {@code word} gives a value, or null. */
  private static @Nullable Argument setting(ControlCommand<?> command, String word) {
    for (Argument argument : command.arguments()) {
      if (argument.kind() == Kind.SETTING && word.startsWith(argument.name() + "=")) {
        return argument;
      }
    }
    return null;
  }

  private static void option(
      ControlCommand<?> command, String word, Deque<String> rest, Map<String, String> values) {
    int equals = word.indexOf('=');
    String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
    Argument known = null;
    for (Argument argument : command.arguments()) {
      boolean dashed = argument.kind() == Kind.OPTION || argument.kind() == Kind.FLAG;
      known = dashed && argument.name().equals(name) ? argument : known;
    }
    if (known == null) {
      throw UserError.of("--%s is unknown: %s.", shown(name), command.usage());
    }
    if (known.kind() == Kind.FLAG) {
      if (equals >= 0) {
        throw UserError.of("--%s takes no value: %s.", name, command.usage());
      }
      values.put(name, "true");
    } else if (equals < 0 && rest.isEmpty()) {
      throw UserError.of("--%s needs a value: %s.", name, command.usage());
    } else {
      values.put(name, equals < 0 ? rest.remove() : word.substring(equals + 1));
    }
  }

  /** As an object of strings, numbers and, for flags, booleans. */
  public static Arguments ofJson(ControlCommand<?> command, Map<String, ?> object) {
    Map<String, String> values = new LinkedHashMap<>();
    object.forEach((name, value) -> values.put(name, checked(command, name, value)));
    return new Arguments(command, values);
  }

  private static String checked(ControlCommand<?> command, String name, @Nullable Object value) {
    Argument argument =
        command.arguments().stream().filter(a -> a.name().equals(name)).findAny().orElse(null);
    if (argument == null) {
      throw UserError.of("'%s' is no argument of %s.", shown(name), command.usage());
    }
    boolean flag = argument.kind() == Kind.FLAG;
    if (flag && !TRUTH.contains(String.valueOf(value))) {
      throw UserError.of("'%s' must be true or false.", name);
    }
    if (!flag && !(value instanceof String || value instanceof Number)) {
      throw UserError.of("'%s' must be a string or a number.", name);
    }
    return String.valueOf(value);
  }

  /** As {@link #ofJson} takes them. */
  public Map<String, String> toJson() {
    return values;
  }

  /** The value, or null if there is none. */
  public @Nullable String get(String name) {
    return values.get(name);
  }

  /** The value of an argument that is required. */
  public String required(String name) {
    return Objects.requireNonNull(values.get(name));
  }

  /** The value of a file's argument. */
  public Path file(String name) {
    return path(required(name));
  }

  /** Whether a flag is given. */
  public boolean has(String flag) {
    return "true".equals(values.get(flag));
  }

  /** A size in bytes, 0 or more, as in 64M; {@code missing} if it is not given. */
  public long size(String name, long missing) {
    String text = values.get(name);
    if (text == null) {
      return missing;
    }
    Matcher size = SIZE.matcher(text);
    if (size.matches()) {
      long count = Long.parseLong(size.group(1));
      int shift = 10 * " KMG".indexOf(unit(size.group(2)));
      if (count <= MemorySize.LIMIT >>> shift && (count << shift) % PAGE == 0) {
        return count << shift;
      }
    }
    throw UserError.of(
        "%s '%s' is not possible: write for example 64M, and whole pages of 4K.",
        name, shown(text));
  }

  private static char unit(String text) {
    return text.isEmpty() ? ' ' : Character.toUpperCase(text.charAt(0));
  }

  /** A time in nanoseconds, as in 500ms; {@code missing} if it is not given. */
  public long time(String name, long missing) {
    String text = values.get(name);
    return text == null ? missing : TimeSpan.parse(text);
  }

  /** Whether "on" is given, or "off"; {@code missing} if neither is. */
  public boolean onOrOff(String name, boolean missing) {
    return switch (values.getOrDefault(name, missing ? ON : OFF)) {
      case ON -> true;
      case OFF -> false;
      case String other ->
          throw UserError.of("%s=%s is not possible: on or off.", name, shown(other));
    };
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
