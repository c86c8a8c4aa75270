package dev.quire.run;

import java.util.Iterator;
import java.util.Locale;
import java.util.Map;

/**
 * Writes nested maps of strings, numbers and booleans as JSON (RFC 8259), in their order, in ASCII.
 */
final class Json {
  private static final int INDENT = 2;

  private final StringBuilder text = new StringBuilder();

  private Json() {}

  static String write(Map<String, ?> object) {
    Json json = new Json();
    json.object(object, INDENT);
    return json.text.append('\n').toString();
  }

  private void object(Map<?, ?> object, int indent) {
    if (object.isEmpty()) {
      text.append("{}");
      return;
    }
    text.append("{\n");
    Iterator<? extends Map.Entry<?, ?>> entries = object.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      text.repeat(' ', indent);
      string(String.valueOf(entry.getKey()));
      text.append(": ");
      value(entry.getValue(), indent);
      text.append(entries.hasNext() ? ",\n" : "\n");
    }
    text.repeat(' ', indent - INDENT).append('}');
  }

  private void value(Object value, int indent) {
    switch (value) {
      case Map<?, ?> map -> object(map, indent + INDENT);
      case CharSequence string -> string(string);
      case Double number -> text.append(String.format(Locale.ROOT, "%.6f", number));
      case Number number -> text.append(number);
      case Boolean bit -> text.append(bit);
      default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
    }
  }

  private void string(CharSequence string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || c >= 0x7f) {
            text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
