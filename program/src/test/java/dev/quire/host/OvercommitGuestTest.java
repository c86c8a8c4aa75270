package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.host.PatternHost.Outcome;
import dev.quire.host.PatternHost.Scenario;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real guests that together have more memory than the machine, each writing patterns and verifying
 * them while its memory comes and goes, is shared with others', and while one is cloned. No byte
 * may be wrong, and no guest may notice.
 */
class OvercommitGuestTest {
  @ParameterizedTest
  @CsvSource({
    "nested, false, true",
    "nested, true, true",
    "nested, true, false",
    "shadow-eager, true, true",
    "shadow-unsync, true, true",
    "shadow-lazy, true, true",
    "protected, true, true"
  })
  @Timeout(value = 600, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void patternsSurvive(String paging, boolean balloon, boolean swap) throws IOException {
    Outcome outcome =
        PatternHost.run(
            swap
                ? new Scenario(paging, 4, 1, 288, 128, 24, 2, balloon, true, 400)
                : new Scenario(paging, 4, 1, 576, 256, 40, 2, balloon, false, 0));
    assertThat(outcome.errors()).as(outcome.text()).isEmpty();
    assertThat(outcome.passes()).isEqualTo(2);
    assertThat(outcome.left()).as(outcome.text()).isGreaterThan(4_000);
    assertThat(outcome.merged()).as(outcome.text()).isGreaterThan(4_000);
    assertThat(outcome.broken()).as(outcome.text()).isGreaterThan(1_000);
    if (swap) {
      assertThat(outcome.returned()).as(outcome.text()).isGreaterThan(2_000);
    }
  }

  /** Clones that write all that they share, on a machine with a quarter of their memory. */
  @ParameterizedTest
  @ValueSource(strings = {"nested", "protected"})
  @Timeout(value = 600, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void aStormPasses(String paging) throws IOException {
    Outcome outcome = PatternHost.run(new Scenario(paging, 1, 3, 208, 256, 96, 1, true, true, 0));
    assertThat(outcome.errors()).as(outcome.text()).isEmpty();
    assertThat(outcome.passes()).isEqualTo(1);
    assertThat(outcome.broken()).as(outcome.text()).isGreaterThan(20_000);
    assertThat(outcome.left()).as(outcome.text()).isGreaterThan(20_000);
  }
}
