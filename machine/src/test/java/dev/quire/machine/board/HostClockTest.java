package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.quire.machine.board.PowerControl.Kind;
import dev.quire.machine.board.PowerControl.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class HostClockTest {
  private final PowerControl power = new PowerControl();
  private final HostClock clock = new HostClock(power);

  /** Idle until {@code work} is set; then calls it once and idles again. */
  private final class Fake implements Processor {
    private volatile Runnable work = () -> {};
    private volatile boolean busy;
    private volatile long timer = Long.MAX_VALUE;

    Fake() {
      clock.add(this);
    }

    @Override
    public long nanos() {
      return clock.now();
    }

    @Override
    public long nextTimer() {
      return timer;
    }

    @Override
    public void run(long instructions) {
      timer = Long.MAX_VALUE;
      busy = false;
      work.run();
    }

    @Override
    public boolean idle() {
      return !busy && timer > clock.now();
    }

    @Override
    public void skipTo(long nanos) {
      throw new AssertionError("host time cannot be skipped");
    }

    @Override
    public void kick() {}
  }

  private void runQuickly() {
    assertTimeoutPreemptively(Duration.ofSeconds(20), clock::run);
  }

  @Test
  void processorsWakeEachOther() {
    int[] rounds = new int[1];
    Fake ping = new Fake();
    Fake pong = new Fake();
    pong.work = () -> wake(ping);
    ping.work =
        () -> {
          if (++rounds[0] == 1_000) {
            power.request(Kind.OFF, 7);
          } else {
            wake(pong);
          }
        };
    ping.busy = true;
    clock.expectInput(true);
    runQuickly();
    assertThat(power.pending()).isEqualTo(new Request(Kind.OFF, 7));
    assertThat(rounds[0]).isEqualTo(1_000);
  }

  private void wake(Fake fake) {
    fake.busy = true;
    clock.wake(fake);
  }

  @Test
  void actionsRunInOrderNotBeforeTheyAreDue() {
    new Fake();
    new Fake();
    List<Long> times = new CopyOnWriteArrayList<>();
    clock.schedule(30_000_000, () -> times.add(clock.now()));
    clock.schedule(10_000_000, () -> times.add(clock.now()));
    clock.schedule(40_000_000, () -> power.request(Kind.OFF, 0));
    runQuickly();
    assertThat(times).hasSize(2).isSorted();
    assertThat(times.get(0)).isGreaterThanOrEqualTo(10_000_000L);
    assertThat(times.get(1)).isGreaterThanOrEqualTo(30_000_000L);
  }

  @Test
  void aProcessorsOwnTimerWakesIt() {
    Fake fake = new Fake();
    fake.timer = 20_000_000;
    fake.work = () -> power.request(Kind.OFF, 3);
    runQuickly();
    assertThat(power.pending()).isEqualTo(new Request(Kind.OFF, 3));
  }

  @Test
  void waitingForEverIsADeadlockOnlyOnceInputHasEnded() {
    new Fake();
    new Fake();
    clock.expectInput(true);
    Thread input =
        Thread.ofPlatform()
            .start(
                () -> {
                  clock.schedule(20_000_000, () -> clock.expectInput(false));
                });
    runQuickly();
    assertThat(power.pending()).isEqualTo(new Request(Kind.DEADLOCK, 0));
    assertThat(input).isNotNull();
  }

  @Test
  void whoOnlyWatchesIsCalledAndKeepsNothingGoing() {
    new Fake();
    List<Long> times = new CopyOnWriteArrayList<>();
    clock.scheduleAside(5_000_000, () -> times.add(clock.now()));
    clock.schedule(10_000_000, () -> clock.scheduleAside(1_000_000_000_000L, () -> {}));
    runQuickly();
    assertThat(power.pending()).isEqualTo(new Request(Kind.DEADLOCK, 0));
    assertThat(times).hasSize(1).allMatch(time -> time >= 5_000_000);
  }

  @Test
  void heldItsTimersAndItsTimeWait() throws InterruptedException {
    Fake fake = new Fake();
    fake.timer = 500_000_000;
    fake.work = () -> power.request(Kind.OFF, 4);
    Thread run = Thread.ofPlatform().start(clock::run);
    while (clock.now() == 0) {
      Thread.onSpinWait();
    }
    clock.hold(true);
    long now = clock.now();
    Thread.sleep(100);
    assertThat(clock.now()).isEqualTo(now);
    assertThat(power.pending()).isNull();
    clock.whileStopped(() -> assertThat(clock.now()).isEqualTo(now));
    clock.hold(false);
    run.join(20_000);
    assertThat(power.pending()).isEqualTo(new Request(Kind.OFF, 4));
    assertThat(clock.now()).isGreaterThanOrEqualTo(500_000_000);
  }

  @Test
  void aProcessorCannotWaitForItself() {
    Fake fake = new Fake();
    fake.busy = true;
    fake.work = () -> clock.hold(true);
    assertThatThrownBy(this::runQuickly).rootCause().hasMessageContaining("itself");
    assertThat(clock.failure()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aBugInAProcessorEndsTheRun() {
    Fake fake = new Fake();
    new Fake();
    clock.expectInput(true);
    fake.busy = true;
    fake.work =
        () -> {
          throw new IllegalStateException("bug");
        };
    assertThatThrownBy(this::runQuickly).rootCause().hasMessage("bug");
  }
}
