package dev.quire.monitor.policy;

import static dev.quire.monitor.policy.ReclaimState.HARD;
import static dev.quire.monitor.policy.ReclaimState.HIGH;
import static dev.quire.monitor.policy.ReclaimState.LOW;
import static dev.quire.monitor.policy.ReclaimState.SOFT;
import static dev.quire.monitor.policy.ReclaimState.next;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReclaimStateTest {
  @Test
  void aStateBeginsBelowItsOwnThreshold() {
    assertThat(next(HIGH, 40, 1000)).isEqualTo(HIGH);
    assertThat(next(HIGH, 39, 1000)).isEqualTo(SOFT);
    assertThat(next(SOFT, 20, 1000)).isEqualTo(SOFT);
    assertThat(next(SOFT, 19, 1000)).isEqualTo(HARD);
    assertThat(next(HARD, 10, 1000)).isEqualTo(HARD);
    assertThat(next(HARD, 9, 1000)).isEqualTo(LOW);
  }

  @Test
  void andEndsAtTheThresholdOfTheNextBetterOne() {
    assertThat(next(LOW, 19, 1000)).isEqualTo(LOW);
    assertThat(next(LOW, 20, 1000)).isEqualTo(HARD);
    assertThat(next(HARD, 39, 1000)).isEqualTo(HARD);
    assertThat(next(HARD, 40, 1000)).isEqualTo(SOFT);
    assertThat(next(SOFT, 59, 1000)).isEqualTo(SOFT);
    assertThat(next(SOFT, 60, 1000)).isEqualTo(HIGH);
  }

  @Test
  void severalStepsAtOnceArePossible() {
    assertThat(next(HIGH, 0, 1000)).isEqualTo(LOW);
    assertThat(next(HIGH, 15, 1000)).isEqualTo(HARD);
    assertThat(next(LOW, 60, 1000)).isEqualTo(HIGH);
    assertThat(next(LOW, 50, 1000)).isEqualTo(SOFT);
  }

  @Test
  void betweenTwoThresholdsTheStateStays() {
    for (ReclaimState now : ReclaimState.values()) {
      for (int free = 0; free <= 100; free++) {
        ReclaimState once = next(now, free, 1000);
        assertThat(next(once, free, 1000)).as("%s with %d", now, free).isEqualTo(once);
      }
    }
  }
}
