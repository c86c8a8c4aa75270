package dev.quire.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.bus.BusFault;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AclintTest {
  private final ManualTimeline timeline = new ManualTimeline();
  private final Wire msip0 = new Wire();
  private final Wire msip1 = new Wire();
  private final Wire mtip0 = new Wire();
  private final Wire mtip1 = new Wire();
  private final Aclint aclint = new Aclint(timeline, List.of(msip0, msip1), List.of(mtip0, mtip1));

  @Test
  void msipIsBitZero() {
    aclint.write(4, 4, 0xffff_fffeL);
    assertThat(msip1.level).isFalse();
    aclint.write(4, 4, 0xffff_ffffL);
    assertThat(msip1.level).isTrue();
    assertThat(msip0.level).isFalse();
    assertThat(aclint.read(4, 4)).isEqualTo(1);
    aclint.write(4, 4, 0);
    assertThat(msip1.level).isFalse();
    aclint.write(8, 4, 1);
    assertThat(aclint.read(8, 4)).isZero();
  }

  @Test
  void timeIsTenMegahertz() {
    timeline.pass(1_000_000_099L);
    assertThat(aclint.read(0xbff8, 8)).isEqualTo(10_000_000);
    aclint.write(0xbffc, 4, 7);
    assertThat(aclint.read(0xbffc, 4) & 0xffff_ffffL).isEqualTo(7);
    assertThat(aclint.read(0xbff8, 4) & 0xffff_ffffL).isEqualTo(10_000_000);
    aclint.write(0xbff8, 8, 5);
    timeline.pass(100);
    assertThat(aclint.read(0xbff8, 8)).isEqualTo(6);
  }

  @Test
  void timerRaisesAtItsInstantAndFallsWhenSetAhead() {
    assertThat(aclint.read(0x4000, 8)).isEqualTo(-1);
    timeline.pass(250);
    aclint.write(0x4008, 8, 1000);
    timeline.pass(99_749);
    assertThat(mtip1.level).isFalse();
    timeline.pass(1);
    assertThat(mtip1.level).isTrue();
    assertThat(mtip0.level).isFalse();
    aclint.write(0x4008, 8, 1001);
    assertThat(mtip1.level).isFalse();
    timeline.pass(100);
    assertThat(mtip1.level).isTrue();
  }

  @Test
  void halvesOfMtimecmp() {
    aclint.write(0x4000, 4, 0xffff_ffffL);
    aclint.write(0x4004, 4, 0);
    assertThat(aclint.read(0x4000, 8)).isEqualTo(0xffff_ffffL);
    aclint.write(0x4000, 4, 2);
    timeline.pass(199);
    assertThat(mtip0.level).isFalse();
    timeline.pass(1);
    assertThat(mtip0.level).isTrue();
  }

  @Test
  void staleDueTimesDoNothing() {
    aclint.write(0x4000, 8, 10);
    aclint.write(0x4000, 8, 1_000_000);
    timeline.pass(1000);
    assertThat(mtip0.level).isFalse();
    timeline.pass(100_000_000 - 1001);
    assertThat(mtip0.level).isFalse();
    timeline.pass(1);
    assertThat(mtip0.level).isTrue();
  }

  @Test
  void writingMtimeMovesTheTimers() {
    aclint.write(0x4000, 8, 1000);
    aclint.write(0xbff8, 8, 1000);
    assertThat(mtip0.level).isTrue();
    aclint.write(0xbff8, 8, 0);
    assertThat(mtip0.level).isFalse();
    timeline.pass(100_000);
    assertThat(mtip0.level).isTrue();
  }

  @Test
  void pendingActionsStayBounded() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      aclint.write(0x4000 + 8 * (i & 1), 8, random.nextLong() >>> random.nextInt(64));
    }
    assertThat(timeline.pending()).isLessThan(20_000);
    for (long due = 1L << 40; due > (1L << 40) - 100_000; due--) {
      aclint.write(0x4000, 8, due);
    }
    assertThat(timeline.pending()).isLessThan(20_000);
  }

  @Test
  void wakesExactlyHoweverFar() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 300; i++) {
      long due = aclint.mtime() + 1 + (random.nextLong() >>> (24 + random.nextInt(40)));
      aclint.write(0x4000, 8, due);
      timeline.pass(due * 100 - 1 - timeline.now());
      assertThat(mtip0.level).isFalse();
      timeline.pass(1);
      assertThat(mtip0.level).isTrue();
    }
  }

  @Test
  void resetLowersEverything() {
    aclint.write(0, 4, 1);
    aclint.write(0x4000, 8, 0);
    aclint.reset();
    assertThat(msip0.level).isFalse();
    assertThat(mtip0.level).isFalse();
    assertThat(aclint.read(0x4000, 8)).isEqualTo(-1);
  }

  @Test
  void oddSizesFault() {
    assertThatThrownBy(() -> aclint.read(0, 8)).isInstanceOf(BusFault.class);
    assertThatThrownBy(() -> aclint.read(0x4000, 2)).isInstanceOf(BusFault.class);
    assertThatThrownBy(() -> aclint.write(0xbff8, 1, 0)).isInstanceOf(BusFault.class);
  }
}
