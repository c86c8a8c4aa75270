package dev.quire.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void nestsInTheOrderGiven() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("b", 1L);
    object.put("a", Map.of("x", 2.5));
    object.put("none", Map.of());
    object.put("true", true);
    assertThat(Json.write(object))
        .isEqualTo(
            """
            {
              "b": 1,
              "a": {
                "x": 2.5
              },
              "none": {},
              "true": true
            }
            """);
  }

  @Test
  void escapesWhatMustBe() {
    String text = "\"\\\n\r\t\0\u001b\u00e9\ud83d\ude00";
    assertThat(Json.write(Map.of("t", text)))
        .contains("\"\\\"\\\\\\n\\r\\t\\u0000\\u001B\\u00E9\\uD83D\\uDE00\"");
  }

  private enum Kind {
    NEAR
  }

  private record Place(String where, Kind kind, List<Integer> numbers) {}

  @Test
  void recordsAndLists() {
    assertThat(Json.write(List.of(new Place("x", Kind.NEAR, List.of(1, 2)))))
        .isEqualToIgnoringWhitespace(
            """
            [{"where": "x", "kind": "NEAR", "numbers": [1, 2]}]
            """);
  }

  @Test
  void readsWhatItWrites() {
    Map<String, Object> object =
        Map.of("a", List.of(1, Map.of("b", "\u00e9")), "c", 1L << 40, "d", 2.5, "e", false);
    assertThat(Json.readObject(Json.write(object))).isEqualTo(object);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[1]",
        "1",
        "{",
        "{\"a\":1,\"a\":2}",
        "{} x",
        "{'a':1}",
        "{\"a\":NaN}"
      })
  void readsNothingElse(String text) {
    assertThatThrownBy(() -> Json.readObject(text))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("Not a JSON object");
  }

  @Test
  void readsNoEndlessNesting() {
    assertThatThrownBy(() -> Json.readObject("{\"a\":".repeat(30_000)))
        .isInstanceOf(UserError.class);
  }
}
