package dev.quire.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Debian's control file syntax (Debian policy manual, chapter 5.1): paragraphs of {@code Name:
 * value} separated by empty lines, where a line that starts with a blank continues the field and
 * one that starts with # is a comment. Field names are kept in lower case.
 */
final class ControlFile {
  private ControlFile() {}

  static List<Map<String, String>> parse(String text) {
    List<Map<String, String>> paragraphs = new ArrayList<>();
    try {
      parse(new BufferedReader(new StringReader(text)), paragraphs::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return paragraphs;
  }

  static void parse(BufferedReader reader, Consumer<Map<String, String>> sink) throws IOException {
    Map<String, StringBuilder> fields = new HashMap<>();
    StringBuilder current = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.isBlank()) {
        flush(fields, sink);
      } else if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
        current.append('\n').append(line.strip());
      } else {
        int colon = line.indexOf(':');
        if (colon > 0 && line.charAt(0) != '#') {
          current = new StringBuilder(line.substring(colon + 1).strip());
          fields.put(line.substring(0, colon).strip().toLowerCase(Locale.ROOT), current);
        }
      }
    }
    flush(fields, sink);
  }

  private static void flush(Map<String, StringBuilder> fields, Consumer<Map<String, String>> sink) {
    if (!fields.isEmpty()) {
      Map<String, String> paragraph = new HashMap<>();
      fields.forEach((name, value) -> paragraph.put(name, value.toString()));
      fields.clear();
      sink.accept(paragraph);
    }
  }
}
