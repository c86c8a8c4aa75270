package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.quire.machine.board.PowerControl.Kind;
import dev.quire.machine.board.PowerControl.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

class InstructionClockTest {
  private final PowerControl power = new PowerControl();
  private final InstructionClock clock = new InstructionClock(power);
  private final List<String> log = new ArrayList<>();

  /** Runs instructions that do nothing but call {@code program} with the time after each. */
  private final class Fake extends FakeProcessor {
    private final LongConsumer program;

    Fake(LongConsumer program) {
      this.program = program;
      clock.add(this);
    }

    @Override
    void completed() {
      program.accept(time);
    }
  }

  private void off() {
    power.request(Kind.OFF, 0);
  }

  private void note(String what) {
    log.add(clock.now() + " " + what);
  }

  @Test
  void actionsRunExactlyWhenDueInOrder() {
    Fake fake = new Fake(time -> {});
    clock.schedule(15_000, () -> note("c at " + fake.time));
    clock.schedule(700, () -> note("a at " + fake.time));
    clock.schedule(700, () -> note("b at " + fake.time));
    clock.schedule(20_001, this::off);
    clock.run();
    assertThat(log).containsExactly("700 a at 700", "700 b at 700", "15000 c at 15000");
    assertThat(fake.time).isEqualTo(20_001);
  }

  @Test
  void anActionScheduledWithinASliceEndsIt() {
    Fake fake =
        new Fake(
            time -> {
              if (time == 10) {
                clock.schedule(5, () -> note("due"));
                clock.schedule(0, () -> note("at once"));
                clock.schedule(90, this::off);
              }
            });
    clock.run();
    assertThat(log).containsExactly("10 at once", "15 due");
    assertThat(fake.time).isEqualTo(100);
  }

  @Test
  void theProcessorThatIsBehindRuns() {
    Fake a = new Fake(time -> {});
    Fake b = new Fake(time -> {});
    b.time = 30_000;
    clock.schedule(25_000, () -> note(a.time + " " + b.time));
    clock.schedule(60_000, this::off);
    clock.run();
    assertThat(log).containsExactly("25000 25000 30000");
    assertThat(a.time).isEqualTo(60_000);
    assertThat(b.time).isEqualTo(60_000);
  }

  @Test
  void timeJumpsOnlyWhenAllAreIdle() {
    Fake sleeper = new Fake(time -> note("woken"));
    sleeper.idle = true;
    sleeper.timer = 5_000;
    Fake[] worker = new Fake[1];
    worker[0] = new Fake(time -> worker[0].idle = time == 20_000);
    clock.schedule(1_000_000, this::off);
    sleeper.time = 100;
    clock.schedule(
        5_000,
        () -> {
          note("worker at " + worker[0].time);
          sleeper.idle = true;
        });
    clock.run();
    assertThat(log.getFirst()).isEqualTo("5000 worker at 5000");
    assertThat(clock.now()).isEqualTo(1_000_000);
  }

  @Test
  void aWokenProcessorStartsAtTheWakersTime() {
    Fake sleeper =
        new Fake(
            time -> {
              note("woken");
              off();
            });
    sleeper.idle = true;
    new Fake(
        time -> {
          if (time == 1_234) {
            sleeper.idle = false;
            clock.wake(sleeper);
          }
        });
    clock.run();
    assertThat(log.getFirst()).isEqualTo("1235 woken");
  }

  @Test
  void aDueTimerEndsIdling() {
    List<Long> wakes = new ArrayList<>();
    Fake[] fake = new Fake[1];
    fake[0] =
        new Fake(
            time -> {
              wakes.add(time);
              fake[0].idle = true;
              fake[0].timer = time + 999;
              if (wakes.size() == 3) {
                off();
              }
            });
    clock.run();
    assertThat(wakes).containsExactly(1L, 1_001L, 2_001L);
  }

  @Test
  void whoOnlyWatchesEndsNoSliceAndChangesNoTurns() {
    List<String> alone = turns(clock, power);
    PowerControl otherPower = new PowerControl();
    InstructionClock other = new InstructionClock(otherPower);
    watch(other);
    assertThat(turns(other, otherPower)).isEqualTo(alone);
    assertThat(log).hasSizeGreaterThan(5);
  }

  private void watch(InstructionClock watched) {
    log.add("watched");
    watched.scheduleAside(333, () -> watch(watched));
  }

  /** The times at which two processors run, one after the other, until the second is at 20,000. */
  private static List<String> turns(InstructionClock clock, PowerControl power) {
    List<String> turns = new ArrayList<>();
    for (String name : List.of("a", "b")) {
      clock.add(
          new FakeProcessor() {
            @Override
            void completed() {
              if (turns.isEmpty() || !turns.getLast().startsWith(name)) {
                turns.add(name + time);
              }
              if (name.equals("b") && time == 20_000) {
                power.request(Kind.OFF, 0);
              }
            }
          });
    }
    clock.run();
    return turns;
  }

  @Test
  void whoOnlyWatchesSeesTimePassWhileAllSleep() {
    Fake sleeper = new Fake(time -> off());
    sleeper.idle = true;
    sleeper.timer = 1_000;
    clock.scheduleAside(700, () -> note("watched"));
    clock.scheduleAside(1_500, () -> note("too late"));
    clock.run();
    assertThat(log).containsExactly("700 watched");
  }

  @Test
  void watchingKeepsNothingGoing() {
    Fake fake = new Fake(time -> {});
    fake.idle = true;
    clock.scheduleAside(10, () -> note("never"));
    clock.run();
    assertThat(power.pending()).isEqualTo(new Request(Kind.DEADLOCK, 0));
    assertThat(log).isEmpty();
  }

  @Test
  void waitingForEverIsADeadlockUnlessInputMayCome() {
    Fake fake = new Fake(time -> {});
    fake.idle = true;
    clock.run();
    assertThat(power.pending()).isEqualTo(new Request(Kind.DEADLOCK, 0));
  }

  @Test
  void inputWakesAnIdleMachine() {
    Fake[] fake = new Fake[1];
    fake[0] = new Fake(time -> off());
    fake[0].idle = true;
    clock.expectInput(true);
    Thread typist = Thread.ofPlatform().start(() -> clock.post(() -> fake[0].idle = false));
    assertTimeoutPreemptively(Duration.ofSeconds(10), clock::run);
    assertThat(power.pending()).isEqualTo(new Request(Kind.OFF, 0));
    assertThat(typist).isNotNull();
  }

  @Test
  void heldItsTimeStandsStill() throws InterruptedException {
    Fake fake = new Fake(time -> {});
    clock.hold(true);
    Thread loop = Thread.ofPlatform().start(clock::run);
    clock.hold(true);
    clock.whileStopped(() -> note("asked"));
    assertThat(fake.time).isZero();
    clock.hold(false);
    long[] times = new long[2];
    clock.hold(true);
    clock.whileStopped(() -> times[0] = fake.time);
    clock.whileStopped(() -> times[1] = fake.time);
    assertThat(times[1]).isEqualTo(times[0]);
    off();
    loop.join();
    assertThat(log).hasSize(1);
  }

  @Test
  void actionsMayStopTheComputerThatTheyAreOf() {
    Fake fake = new Fake(time -> {});
    clock.schedule(700, () -> clock.whileStopped(() -> note("at " + fake.time)));
    clock.schedule(900, this::off);
    clock.run();
    assertThat(log).containsExactly("700 at 700");
  }

  @Test
  void aBugInAProcessorEndsTheRun() {
    new Fake(
        time -> {
          if (time == 10) {
            throw new IllegalArgumentException("bug");
          }
        });
    assertThatThrownBy(clock::run).isInstanceOf(IllegalArgumentException.class).hasMessage("bug");
    assertThat(clock.failure()).hasMessage("bug");
  }

  @Test
  void stopSoonComesBeforeTheNextInstruction() {
    new Fake(
        time -> {
          if (time == 10) {
            clock.stopSoon(() -> note("stopped"));
          }
          if (time == 11) {
            off();
          }
        });
    clock.run();
    assertThat(log).containsExactly("10 stopped");
  }

  @Test
  void checksRunBetweenSlices() {
    new Fake(time -> {});
    int[] checks = new int[1];
    clock.betweenSlices(
        () -> {
          if (++checks[0] == 5) {
            power.request(Kind.OFF, 42);
          }
        });
    clock.run();
    assertThat(power.pending()).isEqualTo(new Request(Kind.OFF, 42));
    assertThat(checks[0]).isEqualTo(5);
  }
}
