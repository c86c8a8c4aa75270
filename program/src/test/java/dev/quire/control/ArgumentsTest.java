package dev.quire.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.control.ControlCommand.Argument;
import dev.quire.machine.board.UserError;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static final ControlCommand<Object> LOOK =
      new ControlCommand<>(
          "look",
          List.of(
              Argument.required("gva", "where"),
              Argument.optional("how", "how"),
              Argument.option("cpu", "N", "which")),
          "Looks.",
          (guest, arguments) -> new Answer("", Map.of()));

  private static Arguments words(String line) {
    return Arguments.ofWords(LOOK, line.isEmpty() ? List.of() : List.of(line.split(" ", -1)));
  }

  @Test
  void saysHowItIsTyped() {
    assertThat(LOOK.usage()).isEqualTo("look GVA [HOW] [--cpu N]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"12 x --cpu 3", "--cpu=3 12 x", "12 --cpu 3 x"})
  void wordsInAnyOrder(String line) {
    Arguments arguments = words(line);
    assertThat(arguments.address("gva")).isEqualTo(0x12);
    assertThat(arguments.get("how")).isEqualTo("x");
    assertThat(arguments.number("cpu", 0, 4)).isEqualTo(3);
    assertThat(Arguments.ofJson(LOOK, arguments.toJson()).toJson()).isEqualTo(arguments.toJson());
  }

  @Test
  void whatIsNotGiven() {
    assertThat(words("0").get("how")).isNull();
    assertThat(words("0").number("cpu", 7, 4)).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "'', look needs its GVA: look GVA",
    "--cpu 1, look needs its GVA: look GVA",
    "1 2 3, '''3'' is too much: look GVA'",
    "1 --cpu, --cpu needs a value: look GVA",
    "1 --disk 2, --disk is unknown: look GVA",
    "1 --gva=2, --gva is unknown: look GVA",
  })
  void wordsThatDoNotFit(String line, String sentence) {
    assertThatThrownBy(() -> words(line))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(sentence);
  }

  @Test
  void objectsThatDoNotFit() {
    assertThatThrownBy(() -> Arguments.ofJson(LOOK, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("needs its GVA");
    assertThatThrownBy(() -> Arguments.ofJson(LOOK, Map.of("gva", "1", "x\u001b", 1)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("'x?' is no argument of look GVA");
    for (Object value : List.of(List.of(), Map.of(), true)) {
      assertThatThrownBy(() -> Arguments.ofJson(LOOK, Map.of("gva", value)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("'gva' must be a string or a number");
    }
    assertThat(Arguments.ofJson(LOOK, Map.of("gva", "1", "cpu", 2)).number("cpu", 0, 3))
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "ffffffff80000000, -80000000",
    "0xFFFFFFFFFFFFFFFF, -1",
    "0x10, 10",
    "0000000000001000, 1000"
  })
  void addresses(String text, String hexadecimal) {
    assertThat(words(text).address("gva")).isEqualTo(Long.parseLong(hexadecimal, 16));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0x", "x", "-1", "1g", "00000000000000001", "0x0x1", "1_000", "+1"})
  void noAddresses(String text) {
    assertThatThrownBy(() -> words(text).address("gva"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("'" + text + "' is not an address: up to 16 hexadecimal digits");
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "-1", "x", "99999999999", "1.0"})
  void noNumbers(String text) {
    assertThatThrownBy(() -> words("1 --cpu " + text).number("cpu", 0, 4))
        .isInstanceOf(UserError.class)
        .hasMessage("--cpu " + text + " is not possible: 0 to 3 are.");
  }
}
