package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.host.PatternHost.Outcome;
import dev.quire.host.PatternHost.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@link OvercommitGuestTest} for long: {@code mvn -Psoak verify} runs each scenario again and
 * again for {@code -Dsoak.minutes} (5) and prints what each came to.
 */
@Tag("soak")
class SoakTest {
  private static final int MINUTES = Integer.getInteger("soak.minutes", 5);
  private static final int PASSES = 50;
  private static final int LEFT_AND_RETURNED = 200_000;

  @ParameterizedTest
  @CsvSource({
    "nested, 576, 256, 40, false, true",
    "nested, 576, 256, 40, true, false",
    "nested, 576, 256, 40, true, true",
    "shadow-eager, 576, 256, 40, true, true",
    "shadow-unsync, 576, 256, 40, true, true",
    "shadow-lazy, 576, 256, 40, true, true",
    "protected, 576, 256, 40, true, true",
    "nested, 288, 128, 24, false, true",
    "shadow-eager, 288, 128, 24, false, true",
    "shadow-unsync, 288, 128, 24, false, true",
    "shadow-lazy, 288, 128, 24, false, true",
    "protected, 288, 128, 24, false, true"
  })
  void patternsSurvive(
      String paging, int machine, int memory, int pattern, boolean balloon, boolean swap)
      throws IOException {
    Instant end = Instant.now().plus(Duration.ofMinutes(MINUTES));
    do {
      Instant start = Instant.now();
      Outcome outcome =
          PatternHost.run(
              new Scenario(paging, 4, 1, machine, memory, pattern, PASSES, balloon, swap, 2_000));
      System.out.printf(
          "%s%s%s on %d MiB: %d passes, %,d bytes verified, %,d frames left, %,d pages came back,"
              + " %,d merged, %,d broken, %d s%n",
          paging,
          balloon ? ", balloon" : "",
          swap ? ", swap" : "",
          machine,
          outcome.passes(),
          outcome.verified(),
          outcome.left(),
          outcome.returned(),
          outcome.merged(),
          outcome.broken(),
          Duration.between(start, Instant.now()).toSeconds());
      assertThat(outcome.errors()).as(outcome.text()).isEmpty();
      assertThat(outcome.passes()).isGreaterThanOrEqualTo(PASSES);
      if (swap) {
        assertThat(outcome.left() + outcome.returned()).isGreaterThan(LEFT_AND_RETURNED);
      }
    } while (Instant.now().isBefore(end));
  }
}
