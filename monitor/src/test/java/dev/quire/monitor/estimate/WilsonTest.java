package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WilsonTest {
  private static final int MANY = 1 << 30;

  @ParameterizedTest
  @CsvSource({
    // Of an endless population; Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    "81, 263, 0.2553, 0.3662",
    "15, 148, 0.0624, 0.1605",
    "0, 20, 0.0000, 0.1611",
    "1, 29, 0.0061, 0.1718"
  })
  void isWhatTheLiteratureSays(int touched, int sampled, double low, double high) {
    Wilson interval = Wilson.of(touched, sampled, MANY);
    assertThat(interval.low()).isCloseTo(low, within(0.00006));
    assertThat(interval.high()).isCloseTo(high, within(0.00006));
  }

  @Test
  void nothingIsKnownFromNothingAndAllFromAll() {
    assertThat(Wilson.of(0, 0, 10)).isEqualTo(new Wilson(0, 1));
    assertThat(Wilson.of(0, 0, 0)).isEqualTo(new Wilson(0, 1));
    assertThat(Wilson.of(3, 10, 10)).isEqualTo(new Wilson(0.3, 0.3));
    assertThat(Wilson.of(1, 1, 1)).isEqualTo(new Wilson(1, 1));
  }

  @Test
  void staysWithinZeroToOneAndAroundTheFraction() {
    for (int population = 1; population < 60; population++) {
      for (int sampled = 1; sampled <= population; sampled++) {
        for (int touched = 0; touched <= sampled; touched++) {
          Wilson interval = Wilson.of(touched, sampled, population);
          double fraction = (double) touched / sampled;
          assertThat(interval.low()).isBetween(0.0, fraction + 1e-12);
          assertThat(interval.high()).isBetween(fraction - 1e-12, 1.0);
        }
      }
    }
  }

  @Test
  void coversTheTruthOfAFewPagesAsOfMany() {
    Random random = new Random(7);
    for (int population : new int[] {250, 100_000}) {
      int active = population * 3 / 10;
      int covered = 0;
      for (int period = 0; period < 4000; period++) {
        int touched = 0;
        for (int drawn = 0; drawn < 100; drawn++) {
          touched += random.nextInt(population - drawn) < active - touched ? 1 : 0;
        }
        Wilson interval = Wilson.of(touched, 100, population);
        covered += interval.low() <= 0.3 && 0.3 <= interval.high() ? 1 : 0;
      }
      assertThat(covered / 4000.0).as("of %d", population).isBetween(0.93, 0.97);
    }
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> Wilson.of(3, 2, 10)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wilson.of(-1, 2, 10)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wilson.of(1, 11, 10)).isInstanceOf(IllegalArgumentException.class);
  }
}
