package dev.quire.monitor.manager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.memory.PageTraffic;
import org.junit.jupiter.api.Test;

class MoveTest {
  private static final long STEP = 100_000_000;

  private final Move move = new Move(PageTraffic.NONE);

  private static PageTraffic traffic(long swappedOut, long balloonFreed) {
    return new PageTraffic(swappedOut, 0, 0, 0, balloonFreed, 0, 0, 0, 0, 0);
  }

  @Test
  void itIsToldOnceWhenNothingHasLeftForAWhile() {
    assertThat(move.follow(STEP, traffic(0, 0), 2000, "because").bytes()).isZero();
    assertThat(move.follow(2 * STEP, traffic(500, 300), 2100, "so").bytes()).isZero();
    assertThat(move.follow(12 * STEP, traffic(500, 300), 2100, "later").bytes()).isZero();
    Move.Taken taken = move.follow(13 * STEP, traffic(500, 300), 2100, "later");
    assertThat(taken.bytes()).isEqualTo(2900 * 4096);
    assertThat(taken.begun()).isEqualTo(STEP);
    assertThat(taken.why()).isEqualTo("so");
    assertThat(taken.ways().toString())
        .isEqualTo("{by balloon=300, by swap=500, from its cache=2100}");
    assertThat(move.follow(30 * STEP, traffic(500, 300), 2100, "").bytes()).isZero();
  }

  @Test
  void littleIsNotWorthASentence() {
    assertThat(move.follow(STEP, traffic(0, 0), 1000, "").bytes()).isZero();
    assertThat(move.follow(20 * STEP, traffic(0, 0), 1000, "").bytes()).isZero();
  }

  @Test
  void onlyTheWaysThatWereTakenAreNamed() {
    assertThat(move.follow(STEP, traffic(0, 0), 1500, "").bytes()).isZero();
    Move.Taken taken = move.follow(20 * STEP, traffic(0, 0), 1500, "");
    assertThat(taken.ways()).containsOnlyKeys("from its cache");
  }
}
