package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class CountingMachineClockTest {
  private static final long MILLI = 1_000_000;

  private final CountingMachineClock machine = new CountingMachineClock();
  private final List<String> log = new ArrayList<>();

  /** A computer with one processor, which calls {@code program} after each instruction. */
  private static final class Fake extends FakeProcessor {
    final PowerControl power = new PowerControl();
    final Clock clock;
    private final Consumer<Fake> program;

    Fake(CountingMachineClock machine, Consumer<Fake> program) {
      this.clock = machine.computer(power, 1);
      this.program = program;
      clock.add(this);
    }

    /** Idle until {@code nanos} of guest time. */
    void sleepUntil(long nanos) {
      idle = true;
      timer = nanos;
    }

    void off() {
      power.request(PowerControl.Kind.OFF, 0);
    }

    @Override
    void completed() {
      program.accept(this);
    }
  }

  private Fake start(Consumer<Fake> program) {
    Fake fake = new Fake(machine, program);
    machine.start(fake.clock, () -> note("ended"));
    return fake;
  }

  private void note(String what) {
    log.add(machine.now() + " " + what);
  }

  private void stopAt(long nanos) {
    machine.schedule(nanos, machine::stop);
  }

  private void runQuickly() {
    assertTimeoutPreemptively(Duration.ofSeconds(20), machine::run);
  }

  @Test
  void computersAdvanceInOrderOfStartQuantumByQuantum() {
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String name = "vm" + i;
      start(
          fake -> {
            if (fake.time % MILLI == 1) {
              turns.add(name + "@" + fake.time);
            }
          });
    }
    stopAt(2 * MILLI);
    runQuickly();
    assertThat(turns)
        .containsExactly("vm0@1", "vm1@1", "vm2@1", "vm0@1000001", "vm1@1000001", "vm2@1000001");
    assertThat(machine.now()).isEqualTo(2 * MILLI);
  }

  @Test
  void actionsRunExactlyWhenDueWhileComputersStandAtThatTime() {
    Fake fake = start(_ -> {});
    machine.schedule(2_345_678, () -> note("at " + fake.clock.now()));
    machine.schedule(1_000, () -> note("at " + fake.clock.now()));
    machine.schedule(1_000, () -> machine.schedule(0, () -> note("at once")));
    stopAt(3 * MILLI);
    runQuickly();
    assertThat(log)
        .containsExactly("1000 at 1000", "1000 at once", "2345678 at 2345678", "3000000 ended");
  }

  @Test
  void aComputersTimeStartsWithIt() {
    Fake late = new Fake(machine, _ -> {});
    machine.schedule(
        5_500_000, () -> machine.start(late.clock, () -> note("late at " + late.time)));
    late.clock.schedule(1_250_000, late::off);
    stopAt(10 * MILLI);
    runQuickly();
    assertThat(log).containsExactly("7000000 late at 1250000");
  }

  @Test
  void timeJumpsWhenAllAreIdleAndEventsStayExact() {
    Fake sleeper = start(fake -> note("woken at " + fake.time));
    sleeper.sleepUntil(700 * MILLI + 3);
    sleeper.clock.schedule(300 * MILLI + 7, () -> note("event at " + sleeper.clock.now()));
    Fake other = start(_ -> {});
    other.sleepUntil(Long.MAX_VALUE);
    sleeper.clock.schedule(700 * MILLI + 4, () -> sleeper.sleepUntil(Long.MAX_VALUE));
    stopAt(3_600_000 * MILLI);
    runQuickly();
    assertThat(log)
        .startsWith("300000000 event at 300000007", "700000000 woken at 700000004")
        .hasSize(4);
    assertThat(machine.now()).isEqualTo(3_600_000 * MILLI);
    assertThat(other.clock.now()).isEqualTo(3_600_000 * MILLI);
  }

  @Test
  void whoWatchesAComputerSeesItsTimePassWhileOthersWork() {
    Fake sleeper = start(_ -> {});
    sleeper.sleepUntil(Long.MAX_VALUE);
    sleeper.clock.scheduleAside(1_234_567, () -> note("watched at " + sleeper.clock.now()));
    sleeper.clock.scheduleAside(9 * MILLI, () -> note("too late"));
    stopAt(3 * MILLI);
    runQuickly();
    assertThat(log).first().isEqualTo("2000000 watched at 1234567");
    assertThat(log).noneMatch(line -> line.contains("too late"));
  }

  @Test
  void aHeldComputerStandsStillAndTheOthersGoOn() {
    Fake held = start(_ -> {});
    Fake other = start(_ -> {});
    held.clock.schedule(4 * MILLI, () -> note("event at " + held.clock.now()));
    machine.schedule(3 * MILLI, () -> held.clock.hold(true));
    machine.schedule(3 * MILLI, () -> held.clock.hold(true));
    machine.schedule(10 * MILLI, () -> note(held.time + " " + other.time));
    machine.schedule(10 * MILLI, () -> held.clock.hold(false));
    stopAt(20 * MILLI);
    runQuickly();
    assertThat(log).startsWith("10000000 3000000 10000000", "11000000 event at 4000000");
    assertThat(held.time).isEqualTo(13 * MILLI);
    assertThat(other.time).isEqualTo(20 * MILLI);
  }

  @Test
  void aComputerMayHoldAnotherWithinAQuantum() {
    Fake first = start(_ -> {});
    Fake[] last = new Fake[1];
    start(
        fake -> {
          if (fake.time == 1_500_000) {
            first.clock.hold(true);
            last[0].clock.hold(true);
          }
        });
    last[0] = start(_ -> {});
    machine.schedule(5 * MILLI, () -> first.clock.hold(false));
    machine.schedule(5 * MILLI, () -> last[0].clock.hold(false));
    stopAt(7 * MILLI);
    runQuickly();
    assertThat(first.time).isEqualTo(4 * MILLI);
    assertThat(last[0].time).isEqualTo(3 * MILLI);
  }

  @Test
  void theManagerWakesAProcessorThatWaitsForIt() {
    Fake fake = start(_ -> {});
    fake.sleepUntil(Long.MAX_VALUE);
    machine.schedule(
        5 * MILLI,
        () -> {
          fake.idle = false;
          fake.clock.wake(fake);
        });
    machine.schedule(7 * MILLI, () -> note("at " + fake.time));
    stopAt(8 * MILLI);
    runQuickly();
    assertThat(log).startsWith("7000000 at 7000000");
  }

  @Test
  void aProcessorCannotStopItself() {
    Fake fake = new Fake(machine, self -> self.clock.hold(true));
    machine.start(fake.clock, machine::stop);
    runQuickly();
    assertThat(fake.clock.failure()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aHeldComputerCanBeStopped() {
    Fake fake = start(_ -> {});
    machine.schedule(2 * MILLI, () -> fake.clock.hold(true));
    machine.schedule(4 * MILLI, fake::off);
    start(_ -> {});
    stopAt(8 * MILLI);
    runQuickly();
    assertThat(log).startsWith("4000000 ended");
  }

  @Test
  void whileStoppedRunsBetweenQuantaForOtherThreads() throws Exception {
    Fake fake = start(_ -> {});
    long[] seen = new long[2];
    Thread control =
        Thread.ofPlatform()
            .start(
                () -> {
                  fake.clock.whileStopped(() -> seen[0] = fake.time - fake.clock.now());
                  machine.call(() -> seen[1] = machine.now() - fake.clock.now());
                  machine.stop();
                });
    runQuickly();
    control.join();
    assertThat(seen).containsExactly(0, 0);
  }

  @Test
  void whileStoppedInAnActionRunsAtOnce() {
    Fake fake = start(_ -> {});
    machine.schedule(
        1_234_567, () -> fake.clock.whileStopped(() -> note("inside at " + fake.time)));
    machine.schedule(1_234_567, () -> note("after"));
    stopAt(2 * MILLI);
    runQuickly();
    assertThat(log).startsWith("1234567 inside at 1234567", "1234567 after");
  }

  @Test
  void aComputersFailureEndsThatComputerOnly() {
    Fake bad =
        start(
            fake -> {
              if (fake.time == 1_700_000) {
                throw new IllegalStateException("bug");
              }
            });
    Fake good = start(_ -> {});
    stopAt(5 * MILLI);
    runQuickly();
    assertThat(log).startsWith("2000000 ended");
    assertThat(bad.clock.failure()).hasMessage("bug");
    assertThat(bad.power.pending()).isEqualTo(new PowerControl.Request(PowerControl.Kind.OFF, 1));
    assertThat(good.time).isEqualTo(5 * MILLI);
    assertThat(good.clock.failure()).isNull();
  }

  @Test
  void anActionsFailureEndsTheRunAndTheComputers() {
    Fake fake = start(_ -> {});
    machine.schedule(
        MILLI,
        () -> {
          throw new IllegalStateException("bug");
        });
    assertThatThrownBy(this::runQuickly).hasMessage("bug");
    assertThat(log).containsExactly("1000000 ended");
    assertThat(fake.power.pending()).isNotNull();
  }

  @Test
  void withNothingToDoItWaitsForAPostWithoutBurningTime() throws Exception {
    Fake fake = start(_ -> {});
    fake.sleepUntil(Long.MAX_VALUE);
    CountDownLatch up = new CountDownLatch(1);
    machine.post(up::countDown);
    Thread thread = Thread.ofPlatform().start(machine::run);
    up.await();
    Thread.sleep(100); // it may still be about to fall asleep
    long before = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    Thread.sleep(400);
    long after = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    assertThat(after - before).isLessThan(40 * MILLI);
    assertThat(fake.power.pending()).isNull();
    AtomicBoolean posted = new AtomicBoolean();
    fake.clock.post(() -> posted.set(true));
    machine.stop();
    thread.join(10_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(posted).isTrue();
  }

  @Test
  void theSameRunGivesTheSameOrder() {
    assertThat(randomRun(3)).hasSizeGreaterThan(300).isEqualTo(randomRun(3));
    assertThat(randomRun(4)).isNotEqualTo(randomRun(3));
  }

  /** Computers that sleep, wake, hold each other and post, all as {@code seed} says. */
  private static List<String> randomRun(long seed) {
    Random random = new Random(seed);
    List<String> log = new ArrayList<>();
    CountingMachineClock machine = new CountingMachineClock();
    List<Fake> fakes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int id = i;
      Fake fake =
          new Fake(
              machine,
              self -> {
                if (self.time % 997 == 0) {
                  act(random, machine, fakes, self, what -> log.add(id + what));
                }
              });
      fakes.add(fake);
      machine.start(fake.clock, () -> log.add(machine.now() + " ended " + id));
    }
    machine.schedule(100 * MILLI, machine::stop);
    machine.run();
    fakes.forEach(fake -> log.add(fake.time + " in the end"));
    return log;
  }

  private static void act(
      Random random,
      CountingMachineClock machine,
      List<Fake> fakes,
      Fake self,
      Consumer<String> log) {
    Fake other = fakes.get(random.nextInt(fakes.size()));
    long delay = random.nextLong(3 * MILLI);
    String at = " at " + machine.now() + "/" + self.time;
    switch (random.nextInt(6)) {
      case 0 -> self.sleepUntil(self.time + delay);
      case 1 -> self.clock.schedule(delay, () -> log.accept(" event" + at));
      case 2 -> machine.schedule(delay, () -> log.accept(" managed" + at + machine.now()));
      case 3 -> machine.post(() -> log.accept(" posted" + at));
      case 4 -> {
        machine.post(() -> other.clock.hold(true));
        machine.schedule(delay, () -> other.clock.hold(false));
      }
      default -> log.accept(" goes on" + at);
    }
  }

  @Test
  void manyComputers() {
    List<Fake> fakes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      long nap = 1_000L + i;
      fakes.add(start(fake -> fake.sleepUntil(fake.time + nap)));
    }
    stopAt(20 * MILLI);
    runQuickly();
    assertThat(fakes).allMatch(fake -> fake.clock.now() == 20 * MILLI);
    assertThat(log).hasSize(200);
  }
}
