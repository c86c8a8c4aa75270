package dev.quire.host;

import dev.quire.machine.board.MemorySize;
import dev.quire.machine.board.TimeSpan;
import dev.quire.machine.board.UserError;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * One table of a host file. Each getter gives a key's value, or its default if the file does not
 * have the key; a value of the wrong type or out of range is a {@link UserError} with its line.
 */
final class Section {
  private static final int SHOWN = 40;

  private final Source source;
  private final String header;
  private final TomlTable table;
  private final int line;

  /**
   * Where a table was read.
   *
   * @param file for sentences
   * @param folder that paths are relative to
   */
  record Source(String file, Path folder) {
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    UserError mistake(int line, String sentence, @Nullable Object... arguments) {
      return UserError.of("%s, line %d: %s", file, line, sentence.formatted(arguments));
    }
  }

  /**
   * @param header as it stands in the file, {@code [[vm]]}
   * @param line where it stands
   * @param keys all that the table may have
   */
  Section(Source source, String header, TomlTable table, int line, List<String> keys) {
    this.source = source;
    this.header = header;
    this.table = table;
    this.line = line;
    for (String key : table.keySet()) {
      if (!keys.contains(key)) {
        throw mistake(
            key, "%s has no key %s: possible are %s.", header, shown(key), String.join(", ", keys));
      }
    }
  }

  Path folder() {
    return source.folder();
  }

  boolean has(String key) {
    return value(key) != null;
  }

  private @Nullable Object value(String key) {
    return table.get(List.of(key));
  }

  /** A mistake in the line of a key, or of the table if it has no such key. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  UserError mistake(String key, String sentence, @Nullable Object... arguments) {
    TomlPosition position = table.inputPositionOf(List.of(key));
    return source.mistake(position == null ? line : position.line(), sentence, arguments);
  }

  private UserError wrongType(String key, String expected, Object value) {
    return mistake(key, "%s must be %s, not %s.", key, expected, shown(value));
  }

  private UserError missing(String key, String example) {
    return mistake(key, "%s has no %s: write for example %s.", header, key, example);
  }

  @Nullable String string(String key) {
    Object value = value(key);
    if (value == null || value instanceof String) {
      return (String) value;
    }
    throw wrongType(key, "a string in quotes", value);
  }

  String string(String key, String otherwise) {
    String value = string(key);
    return value == null ? otherwise : value;
  }

  String required(String key, String example) {
    String value = string(key);
    if (value == null) {
      throw missing(key, example);
    }
    return value;
  }

  /** One of some words; the first is the default. */
  String oneOf(String key, List<String> words) {
    String value = string(key, words.getFirst());
    if (!words.contains(value)) {
      throw mistake(
          key,
          "%s = %s is not possible: only \"%s\" is.",
          key,
          shown(value),
          String.join("\" or \"", words));
    }
    return value;
  }

  /** One string or an array of strings; none if there is no such key. */
  List<String> strings(String key) {
    Object value = value(key);
    if (!(value instanceof TomlArray array)) {
      String one = value == null || value instanceof String ? (String) value : null;
      if (value != null && one == null) {
        throw wrongType(key, "a string or an array of strings", value);
      }
      return one == null ? List.of() : List.of(one);
    }
    List<String> strings = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (!(array.get(i) instanceof String string)) {
        throw wrongType(key, "a string or an array of strings", array.get(i));
      }
      strings.add(string);
    }
    return strings;
  }

  boolean flag(String key, boolean otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrongType(key, "true or false", value);
  }

  /** A string, or {@code yes} for true; null for false, or if there is no such key. */
  @Nullable String flagOrString(String key, String yes) {
    Object value = value(key);
    if (value instanceof Boolean flag) {
      return flag ? yes : null;
    }
    if (value == null || value instanceof String) {
      return (String) value;
    }
    throw wrongType(key, "true, false or a string in quotes", value);
  }

  int whole(String key, int least, int most, int otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Long number && number >= least && number <= most) {
      return number.intValue();
    }
    throw wrongType(key, "a whole number from %,d to %,d".formatted(least, most), value);
  }

  double number(String key, double otherwise, String expected) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw wrongType(key, expected, value);
  }

  /** Bytes. */
  long size(String key, long otherwise) {
    String text = string(key);
    return text == null ? otherwise : parsed(key, () -> MemorySize.parse(text));
  }

  long requiredSize(String key) {
    String text = required(key, key + " = \"256M\"");
    return parsed(key, () -> MemorySize.parse(text));
  }

  /** Nanoseconds. */
  long time(String key, String otherwise) {
    Object value = value(key);
    if (value instanceof Long || value instanceof Double number && Double.isFinite(number)) {
      String seconds = new BigDecimal(value.toString()).toPlainString();
      return parsed(key, () -> TimeSpan.parse(seconds));
    }
    if (value == null || value instanceof String) {
      String text = value == null ? otherwise : (String) value;
      return parsed(key, () -> TimeSpan.parse(text));
    }
    throw wrongType(key, "a time such as \"500ms\", or a number of seconds", value);
  }

  long requiredTime(String key) {
    if (!has(key)) {
      throw missing(key, key + " = \"5s\"");
    }
    return time(key, "");
  }

  /** A path, from the file's folder; null if there is no such key. */
  @Nullable Path path(String key) {
    String text = string(key);
    if (text == null) {
      return null;
    }
    try {
      return source.folder().resolve(text);
    } catch (InvalidPathException e) {
      throw mistake(key, "%s is not a file name: %s.", shown(text), e.getReason());
    }
  }

  /** The same, of a file that can be read. */
  @Nullable Path existingFile(String key) {
    Path path = path(key);
    if (path != null && (!Files.isReadable(path) || Files.isDirectory(path))) {
      throw mistake(key, "there is no file %s that can be read.", path);
    }
    return path;
  }

  /** What {@code parser} makes of the key's value; its mistakes get the line. */
  <T> T parsed(String key, Supplier<T> parser) {
    try {
      return parser.get();
    } catch (UserError e) {
      throw mistake(key, "%s", e.getMessage());
    }
  }

  /** A part of what the file says that fits into a sentence on a terminal. */
  static String shown(Object value) {
    return switch (value) {
      case String text -> {
        String printable = text.replaceAll("[^ -~]", "?");
        yield printable.length() <= SHOWN
            ? "'" + printable + "'"
            : "'" + printable.substring(0, SHOWN) + "...'";
      }
      case Number number -> number.toString();
      case Boolean flag -> flag.toString();
      case TomlArray _ -> "an array";
      case TomlTable _ -> "a table";
      default -> "a date or time";
    };
  }
}
