package dev.quire.monitor.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScanPaceTest {
  private static final long STEP = 10_000_000;

  private final List<Integer> batches = new ArrayList<>();
  private long hostNanos;

  private int pages() {
    return batches.stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void aRateIsKeptToThePage() {
    ScanPace pace = new ScanPace(new Sharing.Pace.Rate(12_345), 0, () -> 0);
    for (int step = 1; step <= 1000; step++) {
      pace.advance(step * STEP, 50, batches::add);
    }
    assertThat(pages()).isBetween(123_449, 123_450);
    assertThat(batches).allMatch(pages -> pages >= 1 && pages <= 50);
  }

  @Test
  void aSlowRateIsOneOfAPageNowAndThen() {
    ScanPace pace = new ScanPace(new Sharing.Pace.Rate(1), 0, () -> 0);
    for (int step = 1; step <= 1000; step++) {
      pace.advance(step * STEP, 50, batches::add);
    }
    assertThat(pages()).isBetween(9, 10);
  }

  @Test
  void whatWasMissedIsNotCaughtUpWith() {
    ScanPace pace = new ScanPace(new Sharing.Pace.Rate(1000), 0, () -> 0);
    pace.advance(1000 * STEP, 1000, batches::add);
    assertThat(pages()).isEqualTo(20);
  }

  @Test
  void aShareOfTheProcessorIsKeptWhateverABatchTakes() {
    long batchNanos = 7_000_000;
    ScanPace pace = new ScanPace(new Sharing.Pace.Share(0.25), 0, () -> hostNanos);
    long now = 0;
    for (int step = 0; step < 1000; step++) {
      now += STEP;
      pace.advance(
          now,
          100,
          pages -> {
            hostNanos += batchNanos;
            batches.add(pages);
          });
    }
    assertThat((double) hostNanos / now).isBetween(0.24, 0.26);
    assertThat(batches).containsOnly(100);
  }
}
