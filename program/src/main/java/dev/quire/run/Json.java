package dev.quire.run;

import dev.quire.machine.board.UserError;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;
import tools.jackson.jr.ob.JSON;

/**
 * JSON (RFC 8259) as Quire writes it, in ASCII, and as it reads it, strictly. Values are maps,
 * lists, records (in the order of their components), enums, strings, numbers, booleans.
 */
public final class Json {
  private static final JsonFactory FORMAT =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final JSON CODEC =
      JSON.builder(FORMAT)
          .enable(JSON.Feature.WRITE_RECORD_FIELDS_IN_DECLARATION_ORDER)
          .enable(JSON.Feature.WRITE_NULL_PROPERTIES)
          .enable(JSON.Feature.FAIL_ON_UNKNOWN_TYPE_WRITE)
          .build();

  private static final JSON INDENTED = CODEC.with(layout());

  private Json() {}

  private static PrettyPrinter layout() {
    return new DefaultPrettyPrinter(
        Separators.createDefaultInstance()
            .withObjectNameValueSpacing(Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator(""));
  }

  /** One value, indented, and a line feed. */
  public static String write(Object value) {
    return INDENTED.asString(value) + "\n";
  }

  /** The same without layout: one line. */
  public static String writeLine(Object value) {
    return CODEC.asString(value) + "\n";
  }

  /** The object that {@code text} is; a {@link UserError} if it is anything else. */
  public static Map<String, Object> readObject(String text) {
    try (JsonParser parser = FORMAT.createParser(ObjectReadContext.empty(), text)) {
      Map<String, Object> object = CODEC.mapFrom(parser);
      if (object != null && parser.nextToken() == null) {
        return object;
      }
    } catch (JacksonException e) {
      throw new UserError("Not a JSON object: %s.".formatted(e.getOriginalMessage()), e);
    }
    throw new UserError("Not a JSON object, or more than one.");
  }
}
