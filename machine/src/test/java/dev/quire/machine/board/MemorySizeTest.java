package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemorySizeTest {
  @Test
  void readsUnits() {
    assertThat(MemorySize.parse("128M")).isEqualTo(128L << 20);
    assertThat(MemorySize.parse("1g")).isEqualTo(1L << 30);
    assertThat(MemorySize.parse("2048K")).isEqualTo(2L << 20);
    assertThat(MemorySize.parse("4194304")).isEqualTo(4L << 20);
    assertThat(MemorySize.parse("1024G")).isEqualTo(1L << 40);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "M", "-2M", "1.5G", "2MB", "2 M", "0x20M", "99999999999999"})
  void refusesWhatIsNotASize(String text) {
    assertThatThrownBy(() -> MemorySize.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not a size: write for example 256M");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0M", "3M", "1", "2047K"})
  void refusesOddSizes(String text) {
    assertThatThrownBy(() -> MemorySize.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not a multiple of 2M");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1025G", "9999999999999G", "9999999999999M", "9999999999998"})
  void refusesMoreThanThereCanBe(String text) {
    assertThatThrownBy(() -> MemorySize.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("at most 1024G");
  }
}
