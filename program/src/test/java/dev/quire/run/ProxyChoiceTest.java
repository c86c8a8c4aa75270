package dev.quire.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProxyChoiceTest {
  private static final long MEMORY = 256L << 20;

  private static long own(String text) {
    return new ProxyChoice(text, true, false).settings(MEMORY).own();
  }

  @Test
  void aPartIsWholePages() {
    assertThat(own("60%")).isEqualTo(39_321 * 4096);
    assertThat(own("100%")).isEqualTo(MEMORY);
    assertThat(own("100M")).isEqualTo(100 << 20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "%", "60 %", "-5%", "1000%", "0x10%", "3M", "60%%"})
  void whatSaysNothingIsASentence(String text) {
    assertThatThrownBy(() -> own(text)).isInstanceOf(UserError.class).hasMessageEndingWith(".");
  }

  @ParameterizedTest
  @CsvSource({"0%, 1 to 100", "101%, 1 to 100", "24%, at least 64 MiB", "258M, cannot keep 258"})
  void whatIsNotPossibleIsASentence(String text, String part) {
    assertThatThrownBy(() -> own(text))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith(".")
        .hasMessageContaining(part);
  }
}
