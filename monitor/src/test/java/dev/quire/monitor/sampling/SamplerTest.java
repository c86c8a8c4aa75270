package dev.quire.monitor.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.trace.MemoryTracer;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sampler of a memory of 1,024 pages that a device uses, in time that a test lets pass. */
class SamplerTest {
  private static final long BASE = 0x8000_0000L;
  private static final int PAGES = 1024;
  private static final long SECOND = 1_000_000_000;
  private static final long PAGE = 4096;

  private final PhysicalMemory machine = new PhysicalMemory(0x4000_0000L, 8 << 20);
  private final FrameTable frames = new FrameTable(machine);
  private final GuestMemory memory =
      new GuestMemory(machine, frames, null, 1, BASE, PAGES * PAGE, false);
  private final ManualClock clock = new ManualClock();
  private final MemoryTracer tracer = new MemoryTracer(memory, frames, machine, List.of(), clock);
  private final Sampler sampler = sampler(new Sampler.Settings(100, SECOND));

  @AfterEach
  void close() {
    machine.close();
  }

  private Sampler sampler(Sampler.Settings settings) {
    return new Sampler(memory, clock, tracer, new SplittableRandom(1), settings);
  }

  /** The first {@code pages} pages are used, as a part of all. */
  private void use(int pages) {
    try {
      for (int page = 0; page < pages; page++) {
        memory.writeInt(BASE + page * PAGE, page);
      }
    } catch (DmaFault e) {
      throw new AssertionError(e);
    }
  }

  private Estimate now() {
    return Objects.requireNonNull(sampler.now());
  }

  private Estimate last() {
    return sampler.since(0).getLast();
  }

  @Test
  void eachPeriodCountsWhatWasTouchedSinceItBegan() {
    sampler.begin();
    int[] used = {0, 256, 512, 1024, 128};
    for (int period = 0; period < used.length; period++) {
      use(used[period]);
      clock.pass(SECOND);
      Estimate found = last();
      assertThat(found.number()).isEqualTo(period + 1);
      assertThat(found.begun()).isEqualTo(period * SECOND);
      assertThat(found.ended()).isEqualTo(found.begun() + SECOND);
      assertThat(found.population()).isEqualTo(PAGES);
      assertThat(found.sampled()).isEqualTo(100);
      assertThat(found.fraction()).isCloseTo(used[period] / (double) PAGES, within(0.15));
    }
    assertThat(sampler.counters(7).periods()).isEqualTo(5);
    assertThat(sampler.counters(7).sampled()).isEqualTo(500);
    assertThat(sampler.counters(7).touched())
        .isEqualTo(sampler.since(0).stream().mapToLong(Estimate::touched).sum());
    assertThat(sampler.counters(7).nanos()).isEqualTo(sampler.counters(0).choosing() + 7);
  }

  @Test
  void theIntervalCoversTheTruthAsOftenAsItSays() {
    sampler.begin();
    int covered = 0;
    for (int period = 0; period < 500; period++) {
      use(PAGES / 4);
      clock.pass(SECOND);
      covered += last().interval().low() <= 0.25 && 0.25 <= last().interval().high() ? 1 : 0;
    }
    assertThat(covered).isBetween(460, 490);
  }

  @Test
  void growthIsSeenWhileThePeriodRuns() {
    sampler.begin();
    use(64);
    clock.pass(SECOND);
    double before = now().maximum();
    assertThat(before).isEqualTo(last().fraction());
    use(PAGES);
    assertThat(now().maximum()).isCloseTo((before + 1) / 2, within(1e-9));
    assertThat(now().touched()).as("the sample that ended").isEqualTo(last().touched());
    assertThat(sampler.running().touched()).isEqualTo(100);
    assertThat(sampler.running().bytes()).isEqualTo(now().bytes());
  }

  @Test
  void declineIsBelievedSlowly() {
    sampler.begin();
    use(PAGES);
    clock.pass(SECOND);
    clock.pass(SECOND);
    assertThat(last().touched()).isZero();
    assertThat(now().maximum()).isCloseTo(7 / 8.0, within(1e-9));
    assertThat(now().bytes()).isEqualTo(PAGES * PAGE * 7 / 8);
  }

  @Test
  void theFirstPeriodSaysNothingBeforeHalfOfItHasPassed() {
    sampler.begin();
    use(PAGES);
    clock.pass(SECOND / 2 - 1);
    assertThat(sampler.now()).isNull();
    clock.pass(1);
    assertThat(now().fraction()).isEqualTo(1);
    assertThat(now().maximum()).isEqualTo(1);
  }

  @Test
  void whatTheBalloonTakesIsNobodysAnyMore() {
    sampler.begin();
    for (int page = 0; page < PAGES / 2; page++) {
      memory.balloon((BASE >>> 12) + page);
    }
    clock.pass(SECOND);
    assertThat(last().sampled()).isLessThan(75).isGreaterThan(25);
    clock.pass(SECOND);
    assertThat(last().population()).isEqualTo(PAGES / 2);
    assertThat(last().sampled()).isEqualTo(100);
    for (int page = 0; page < PAGES; page++) {
      memory.balloon((BASE >>> 12) + page);
    }
    clock.pass(SECOND);
    assertThat(last().sampled()).isZero();
    assertThat(last().interval().high()).isEqualTo(1);
    clock.pass(SECOND);
    assertThat(sampler.now()).isNull();
  }

  @Test
  void otherSettingsBeginAFreshSample() {
    sampler.begin();
    use(PAGES);
    clock.pass(SECOND / 2);
    sampler.set(new Sampler.Settings(PAGES, 2 * SECOND));
    assertThat(sampler.running().touched()).isZero();
    use(300);
    clock.pass(SECOND);
    assertThat(sampler.since(0)).as("the old period's end means nothing").isEmpty();
    clock.pass(SECOND);
    assertThat(last().sampled()).isEqualTo(PAGES);
    assertThat(last().touched()).isEqualTo(300);
    assertThat(last().interval().low()).as("a sample of all is the truth").isEqualTo(300 / 1024.0);
  }

  @Test
  void withoutPagesNothingIsSampled() {
    sampler.begin();
    clock.pass(SECOND);
    sampler.set(new Sampler.Settings(0, SECOND));
    clock.pass(10 * SECOND);
    assertThat(sampler.since(0)).hasSize(1);
    assertThat(sampler.now()).isNull();
    assertThat(sampler.running().sampled()).isZero();
  }

  @Test
  void theTruthIsKnownWhileItIsTraced() {
    sampler.begin();
    use(10);
    sampler.trace(true);
    use(200);
    clock.pass(SECOND);
    assertThat(last().truth()).isEqualTo(200 * PAGE);
    use(300);
    assertThat(sampler.running().truth()).isEqualTo(300 * PAGE);
    sampler.trace(false);
    clock.pass(SECOND);
    assertThat(last().truth()).isEqualTo(Estimate.UNKNOWN);
    assertThat(tracer.isOn()).isFalse();
  }

  @Test
  void onlyTheLastPeriodsAreRemembered() throws InterruptedException {
    sampler.begin();
    clock.pass(100 * SECOND);
    assertThat(sampler.since(0)).hasSize(64).last().extracting(Estimate::number).isEqualTo(100L);
    assertThat(sampler.since(98)).hasSize(2);
    assertThat(sampler.await(99, 60_000)).hasSize(1);
    assertThat(sampler.await(100, 1)).isEmpty();
    sampler.close();
    assertThat(sampler.await(100, 60_000)).isEmpty();
    clock.pass(SECOND);
    assertThat(sampler.counters(0).periods()).isEqualTo(100);
  }

  @Test
  void samplesThatCannotBeAreTheUsersMistake() {
    assertThatThrownBy(() -> new Sampler.Settings(-1, SECOND))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("0, which is none, to 1,000,000 are");
    assertThatThrownBy(() -> new Sampler.Settings(1, 999_999))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("at least 1ms");
  }
}
