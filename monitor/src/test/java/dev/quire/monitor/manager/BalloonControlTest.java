package dev.quire.monitor.manager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.monitor.memory.PageTraffic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BalloonControlTest {
  private static final long MIB = 1 << 20;
  private static final long CONFIGURED = 256 * MIB;
  private static final long STEP = 100_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final PageTraffic QUIET = new PageTraffic(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Takes and gives so many pages in each step, and says how much the guest has available. */
  private static final class Driver implements BalloonDriver {
    boolean ready = true;
    int speed = 4096;
    int asked;
    int actual;
    int requests;
    long available = 200 * MIB;

    void step() {
      actual += Math.clamp(asked - actual, -speed, speed);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void ask(int pages) {
      asked = pages;
    }

    @Override
    public int asked() {
      return asked;
    }

    @Override
    public int actual() {
      return actual;
    }

    @Override
    public BalloonStatistics statistics() {
      long now = Math.max(0, available - actual * 4096L);
      return new BalloonStatistics(++requests, -1, now, -1, -1, -1, -1, -1, -1, -1);
    }

    @Override
    public void requestStatistics() {
      requests++;
    }
  }

  private final Driver driver = new Driver();
  private final BalloonControl control = new BalloonControl(driver, CONFIGURED);
  private long now;

  private @Nullable String steps(int count, long target, long over) {
    String blame = null;
    for (int i = 0; i < count; i++) {
      now += STEP;
      String told = control.watch(now, QUIET);
      blame = blame == null ? told : blame;
      control.steer(target, over);
      driver.step();
    }
    return blame;
  }

  @Test
  void aBalloonThatIsFullAlreadyIsAskedForLess() {
    Driver restored = new Driver();
    restored.asked = 4096;
    restored.actual = 4096;
    BalloonControl steering = new BalloonControl(restored, CONFIGURED);
    assertThat(steering.asked()).isEqualTo(16 * MIB);
    steering.steer(CONFIGURED, 0);
    assertThat(restored.asked).isZero();
  }

  @Test
  void itGoesInStepsToWhatTheTargetLeaves() {
    assertThat(steps(1, 128 * MIB, 100 * MIB)).isNull();
    assertThat(control.asked()).isEqualTo(8 * MIB);
    assertThat(steps(30, 128 * MIB, 100 * MIB)).isNull();
    assertThat(control.asked()).isEqualTo(128 * MIB);
    assertThat(control.actual()).isEqualTo(128 * MIB);
    assertThat(control.isExhausted(128 * MIB)).isTrue();
  }

  @Test
  void itTakesNothingFromWhoHoldsNoMoreThanItsTarget() {
    steps(10, 128 * MIB, 0);
    assertThat(control.asked()).isZero();
  }

  @Test
  void itLeavesTheGuestWhatItSaysItUsesAndAnEighthMore() {
    driver.available = 96 * MIB; // of 256: 160 are used, and 20 more are kept
    steps(60, 16 * MIB, 100 * MIB);
    assertThat(control.actual()).isEqualTo(76 * MIB);
    assertThat(control.isExhausted(16 * MIB)).isTrue();
    driver.available = 60 * MIB; // now it needs 36 more, and an eighth of these
    steps(10, 16 * MIB, 100 * MIB);
    assertThat(control.actual()).isBetween(35 * MIB, 36 * MIB);
  }

  @Test
  void itGivesBackWhenTheTargetRises() {
    steps(40, 100 * MIB, 200 * MIB);
    assertThat(control.actual()).isEqualTo(156 * MIB);
    steps(20, 250 * MIB, 0);
    assertThat(control.actual()).isEqualTo(6 * MIB);
  }

  @Test
  void aDriverThatDoesNothingIsNamedOnceAndAskedAgainLater() {
    driver.speed = 0;
    String blame = steps(70, 128 * MIB, 100 * MIB);
    assertThat(blame).isEqualTo("was asked for a balloon of 16 MiB and stays at 0 MiB");
    assertThat(control.obeys()).isFalse();
    assertThat(control.isExhausted(128 * MIB)).isTrue();
    assertThat(steps(10, 128 * MIB, 100 * MIB)).isNull();
    driver.speed = 4096;
    steps(60, 128 * MIB, 100 * MIB);
    assertThat(control.obeys()).isTrue();
    assertThat(steps(40, 128 * MIB, 100 * MIB)).isNull();
    assertThat(control.actual()).isEqualTo(128 * MIB);
  }

  @Test
  void aGuestThatStandsStillIsNotBlamed() {
    driver.speed = 0;
    for (int i = 0; i < 10; i++) {
      assertThat(steps(30, 128 * MIB, 100 * MIB)).isNull();
      control.excuse(now);
    }
    assertThat(steps(70, 128 * MIB, 100 * MIB)).contains("stays at");
  }

  @Test
  void aGuestThatDeflatesByItselfIsNamedAndBelieved() {
    steps(40, 128 * MIB, 100 * MIB);
    driver.actual -= 4096;
    now += STEP;
    assertThat(control.watch(now, QUIET)).contains("by itself, from 128 to 112 MiB");
    assertThat(control.asked()).isEqualTo(112 * MIB);
    assertThat(control.obeys()).isFalse();
  }

  @Test
  void aGuestThatUsesWhatItGaveIsNamed() {
    steps(40, 128 * MIB, 100 * MIB);
    PageTraffic touched = new PageTraffic(0, 0, 0, 0, 0, 0, 300, 0, 0, 0);
    assertThat(control.watch(now + STEP, touched))
        .isEqualTo("uses pages that its balloon gave away");
    assertThat(control.obeys()).isFalse();
    assertThat(control.watch(now + 40 * SECOND, touched)).isNull();
    assertThat(control.obeys()).isTrue();
    assertThat(control.watch(now + 41 * SECOND, touched)).isNull();
  }

  @Test
  void withoutADriverNothingIsAsked() {
    driver.ready = false;
    assertThat(steps(100, 64 * MIB, 100 * MIB)).isNull();
    assertThat(control.obeys()).isFalse();
    assertThat(driver.asked).isZero();
    assertThat(new BalloonControl(null, CONFIGURED).isExhausted(0)).isTrue();
  }
}
