package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TimeSpanTest {
  @Test
  void aNumberAndAUnit() {
    assertThat(TimeSpan.parse("0s")).isZero();
    assertThat(TimeSpan.parse("3ns")).isEqualTo(3);
    assertThat(TimeSpan.parse("100us")).isEqualTo(100_000);
    assertThat(TimeSpan.parse("500ms")).isEqualTo(500_000_000);
    assertThat(TimeSpan.parse("0.1s")).isEqualTo(100_000_000);
    assertThat(TimeSpan.parse("60")).isEqualTo(60_000_000_000L);
    assertThat(TimeSpan.parse("2min")).isEqualTo(120_000_000_000L);
    assertThat(TimeSpan.parse("1.5h")).isEqualTo(5400_000_000_000L);
    assertThat(TimeSpan.parse("1000h")).isEqualTo(3_600_000_000_000_000L);
  }

  @Test
  void nothingElse() {
    for (String wrong : List.of("", "s", "1 s", "-1s", "1,5s", "1m", "1S", "1.s", ".5s", "1e3s")) {
      assertThatThrownBy(() -> TimeSpan.parse(wrong))
          .as(wrong)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("is not a time: write for example 500ms");
    }
    for (String tooLong : List.of("1000.001h", "9999999999999h", "9999999999999")) {
      assertThatThrownBy(() -> TimeSpan.parse(tooLong))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("at most 1000h");
    }
  }
}
