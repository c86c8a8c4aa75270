package dev.quire.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
                "x": 2.500000
              },
              "none": {},
              "true": true
            }
            """);
  }

  @Test
  void escapesWhatMustBe() {
    String text = "\"\\\n\r\t\0\u001b\u007f\u00e9\ud83d\ude00";
    assertThat(Json.write(Map.of("t", text)))
        .contains("\"\\\"\\\\\\n\\r\\t\\u0000\\u001b\\u007f\\u00e9\\ud83d\\ude00\"");
  }
}
