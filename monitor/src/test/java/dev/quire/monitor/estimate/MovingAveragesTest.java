package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MovingAveragesTest {
  @Test
  void beforeThePeriodEndsTheRunningOneIsAllThereIs() {
    assertThat(MovingAverages.NONE.maximum(0.3)).isEqualTo(0.3);
    assertThat(MovingAverages.NONE.after(0.3)).isEqualTo(new MovingAverages(0.3, 0.3, 1));
  }

  @Test
  void aStepUpShowsAtOnceAndAStepDownSlowly() {
    MovingAverages low = settled(0.1);
    assertThat(low.maximum(0)).isCloseTo(0.1, within(1e-9));
    assertThat(low.maximum(0.9)).isCloseTo(0.5, within(1e-9));
    MovingAverages up = low.after(0.9).after(0.9).after(0.9);
    assertThat(up.maximum()).isCloseTo(0.1 + 0.8 * 7 / 8, within(1e-9));

    MovingAverages down = settled(0.9).after(0.1).after(0.1).after(0.1);
    assertThat(down.fast()).isCloseTo(0.9 - 0.8 * 7 / 8, within(1e-9));
    assertThat(down.maximum(0.1)).isEqualTo(down.slow()).isGreaterThan(0.6);
  }

  @Test
  void theMaximumIsBiasedAsItsDescriptionSays() {
    assertThat(bias(0.5, false)).isCloseTo(0.009, within(0.001));
    assertThat(bias(0.5, true)).isCloseTo(0.016, within(0.001));
    assertThat(bias(0.1, false)).isCloseTo(0.005, within(0.001));
    assertThat(bias(0.1, true)).isCloseTo(0.009, within(0.001));
  }

  private static MovingAverages settled(double fraction) {
    MovingAverages averages = MovingAverages.NONE;
    for (int i = 0; i < 100; i++) {
      averages = averages.after(fraction);
    }
    return averages;
  }

  /** At periods' ends, or just before; with samples of 100 pages. */
  private static double bias(double fraction, boolean before) {
    Random random = new Random(5);
    MovingAverages averages = settled(fraction);
    int periods = 50_000;
    double sum = 0;
    for (int i = 0; i < periods; i++) {
      double seen = 0;
      for (int page = 0; page < 100; page++) {
        seen += random.nextDouble() < fraction ? 0.01 : 0;
      }
      double running = averages.maximum(seen);
      averages = averages.after(seen);
      sum += (before ? running : averages.maximum()) - fraction;
    }
    return sum / periods;
  }
}
