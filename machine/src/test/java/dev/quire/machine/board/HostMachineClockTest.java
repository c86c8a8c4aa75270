package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HostMachineClockTest {
  private static final long MILLI = 1_000_000;

  private final HostMachineClock machine = new HostMachineClock(2);
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final AtomicInteger insideNow = new AtomicInteger();
  private final AtomicInteger mostInside = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
  private Thread manager = Thread.currentThread();

  /** A processor that is busy, or idle until its timer. */
  private final class Fake implements Processor {
    final Clock clock;
    volatile boolean busy = true;
    volatile long timer = Long.MAX_VALUE;
    volatile long slices;
    volatile long lastSeen;
    volatile boolean inside;
    volatile Runnable work = () -> {};
    volatile @Nullable Thread thread;

    Fake(Clock clock) {
      this.clock = clock;
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
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    public void run(long instructions) {
      inside = true;
      mostInside.accumulateAndGet(insideNow.incrementAndGet(), Math::max);
      thread = Thread.currentThread();
      long end = System.nanoTime() + 50_000;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      work.run();
      if (timer <= clock.now()) {
        timer = Long.MAX_VALUE;
      }
      lastSeen = clock.now();
      slices++;
      insideNow.decrementAndGet();
      inside = false;
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

    void awaitSlices(int more) {
      long target = slices + more;
      await(() -> slices >= target);
    }
  }

  private record Computer(PowerControl power, Clock clock, List<Fake> processors) {
    Fake first() {
      return processors.getFirst();
    }

    long slices() {
      return processors.stream().mapToLong(fake -> fake.slices).sum();
    }

    void off(int status) {
      power.request(PowerControl.Kind.OFF, status);
    }
  }

  private Computer computer(int processors) {
    return computer(processors, 1);
  }

  private Computer computer(int processors, int weight) {
    PowerControl power = new PowerControl();
    Clock clock = machine.computer(power, weight);
    List<Fake> fakes = new ArrayList<>();
    for (int i = 0; i < processors; i++) {
      fakes.add(new Fake(clock));
    }
    return new Computer(power, clock, fakes);
  }

  private Computer started(int processors) {
    Computer computer = computer(processors);
    machine.start(computer.clock, () -> log.add("ended"));
    return computer;
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(1);
    }
  }

  private static void sleep(int millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void begin() {
    manager = Thread.ofPlatform().start(this::runMachine);
  }

  private void runMachine() {
    try {
      machine.run();
    } catch (IllegalStateException e) {
      thrown.set(e);
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    machine.stop();
    manager.join();
    assertThat(insideNow).hasValue(0);
  }

  @Test
  void moreProcessorsThanHartsTakeTurns() {
    List<Computer> computers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      computers.add(started(1 + i % 3));
    }
    for (Computer computer : computers) {
      computer.processors.forEach(fake -> fake.awaitSlices(10));
    }
    assertThat(mostInside.get()).isBetween(1, 2);
  }

  /** Coarsely, for the time is the host's: {@link HartPoolTest} says how fair the pool is. */
  @Test
  void weightsDivideTheHarts() {
    Computer light = computer(2, 1);
    Computer heavy = computer(2, 8);
    List<Computer> both = List.of(light, heavy);
    both.forEach(computer -> machine.start(computer.clock, () -> {}));
    assertThat(slicesOfSecond(both)).isBetween(2.0, 32.0);
    machine.weigh(light.clock, 64);
    assertThat(slicesOfSecond(both)).isBetween(1.0 / 32, 0.5);
  }

  /** What the second did for each slice of the first, until both have done some. */
  private static double slicesOfSecond(List<Computer> computers) {
    long[] before = computers.stream().mapToLong(Computer::slices).toArray();
    await(() -> computers.get(0).slices() > before[0] + 500);
    await(() -> computers.get(1).slices() > before[1] + 500);
    return (double) (computers.get(1).slices() - before[1])
        / (computers.get(0).slices() - before[0]);
  }

  @Test
  void aComputersTimeStartsWithIt() {
    sleep(30);
    Computer computer = computer(1);
    assertThat(computer.clock.now()).isZero();
    sleep(30);
    machine.start(computer.clock, () -> {});
    computer.first().awaitSlices(1);
    assertThat(computer.clock.now()).isPositive().isLessThan(machine.now() - 50 * MILLI);
  }

  @Test
  void heldNoProcessorRunsAndTimeStandsStill() {
    Computer held = started(3);
    Computer other = started(1);
    held.first().awaitSlices(1);
    machine.call(() -> held.clock.hold(true));
    assertThat(held.processors).noneMatch(fake -> fake.inside);
    machine.call(() -> held.clock.hold(true));
    long now = held.clock.now();
    List<Long> slices = held.processors.stream().map(fake -> fake.slices).toList();
    held.clock.schedule(0, () -> log.add("due"));
    other.first().awaitSlices(20);
    sleep(50);
    assertThat(held.processors.stream().map(fake -> fake.slices)).isEqualTo(slices);
    assertThat(held.clock.now()).isEqualTo(now);
    assertThat(log).isEmpty();
    held.clock.hold(false);
    held.clock.hold(false);
    held.processors.forEach(fake -> fake.awaitSlices(2));
    await(() -> log.contains("due"));
    assertThat(held.clock.now()).isGreaterThan(now).isLessThan(machine.now() - 40 * MILLI);
  }

  @Test
  void aSleepersTimerWaitsWhileItIsHeld() {
    Computer computer = computer(1);
    Fake fake = computer.first();
    fake.busy = false;
    fake.timer = 500 * MILLI;
    machine.start(computer.clock, () -> {});
    await(() -> computer.clock.now() > 0);
    computer.clock.hold(true);
    sleep(120);
    assertThat(fake.slices).isZero();
    computer.clock.hold(false);
    await(() -> fake.slices > 0);
    assertThat(fake.lastSeen).isGreaterThanOrEqualTo(500 * MILLI);
    assertThat(machine.now()).isGreaterThanOrEqualTo(600 * MILLI);
  }

  @Test
  void aHeldComputerCanBeStopped() {
    Computer computer = started(2);
    computer.first().awaitSlices(1);
    computer.clock.hold(true);
    computer.off(3);
    await(() -> log.contains("ended"));
    assertThat(computer.processors).noneMatch(fake -> fake.inside);
  }

  @Test
  void aComputerThatIsHeldFromTheBeginningWaits() {
    Computer computer = computer(1);
    computer.clock.hold(true);
    machine.start(computer.clock, () -> {});
    sleep(30);
    assertThat(computer.first().slices).isZero();
    assertThat(computer.clock.now()).isZero();
    computer.clock.hold(false);
    computer.first().awaitSlices(1);
  }

  @Test
  void theManagerCanStopAComputerForAnActionAlsoWhileItIsHeld() {
    List<Computer> computers = List.of(started(2), started(2), started(2));
    for (int i = 0; i < 30; i++) {
      Computer computer = computers.get(i % 3);
      Computer next = computers.get((i + 1) % 3);
      computer.first().awaitSlices(1);
      machine.call(
          () ->
              computer.clock.whileStopped(
                  () -> {
                    assertThat(computer.processors).noneMatch(fake -> fake.inside);
                    next.clock.hold(true);
                    next.clock.whileStopped(() -> log.add("both"));
                    next.clock.hold(false);
                  }));
    }
    assertThat(log).hasSize(30);
    computers.forEach(computer -> computer.processors.forEach(fake -> fake.awaitSlices(2)));
  }

  @Test
  void controlThreadsMayStopAndHoldWhileOthersDo() throws InterruptedException {
    List<Computer> computers = List.of(started(2), started(2), started(1));
    List<Thread> threads = new ArrayList<>();
    AtomicInteger done = new AtomicInteger();
    for (int t = 0; t < 3; t++) {
      int thread = t;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 100; i++) {
                      Computer computer = computers.get((i + thread) % 3);
                      computer.clock.hold(i % 5 == 0);
                      computer.clock.whileStopped(done::incrementAndGet);
                      computer.clock.hold(false);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(done).hasValue(300);
    computers.forEach(computer -> computer.processors.forEach(fake -> fake.awaitSlices(2)));
  }

  @Test
  void idleComputersCostNoTime() {
    List<Computer> computers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Computer computer = computer(2);
      computer.processors.forEach(fake -> fake.work = () -> fake.busy = false);
      machine.start(computer.clock, () -> {});
      computers.add(computer);
    }
    computers.forEach(c -> c.processors.forEach(fake -> await(() -> fake.slices > 0)));
    sleep(50);
    long before = processorTime(computers);
    sleep(500);
    assertThat(processorTime(computers) - before).isLessThan(50 * MILLI);
    Fake one = computers.get(20).first();
    long slices = one.slices;
    one.busy = true;
    one.clock.wake(one);
    await(() -> one.slices > slices);
  }

  private long processorTime(List<Computer> computers) {
    ThreadMXBean bean = ManagementFactory.getThreadMXBean();
    long sum = bean.getThreadCpuTime(manager.threadId());
    for (Computer computer : computers) {
      for (Fake fake : computer.processors) {
        Thread thread = fake.thread;
        sum += thread == null ? 0 : bean.getThreadCpuTime(thread.threadId());
      }
    }
    return sum;
  }

  @Test
  void aFailingComputerEndsAndTheOthersGoOn() {
    Computer good = started(1);
    Computer bad = started(2);
    bad.first().work =
        () -> {
          insideNow.decrementAndGet();
          throw new IllegalStateException("bug");
        };
    await(() -> log.contains("ended"));
    assertThat(bad.clock.failure()).hasMessage("bug");
    assertThat(bad.power.pending()).isEqualTo(new PowerControl.Request(PowerControl.Kind.OFF, 1));
    good.first().awaitSlices(5);
    assertThat(good.clock.failure()).isNull();
  }

  @Test
  void aFailingActionEndsTheRunAndAllComputers() throws InterruptedException {
    Computer computer = started(2);
    computer.first().awaitSlices(1);
    machine.post(
        () -> {
          throw new IllegalStateException("bug");
        });
    manager.join();
    assertThat(thrown.get()).hasMessage("bug");
    assertThat(log).containsExactly("ended");
    assertThat(computer.power.pending()).isNotNull();
  }

  @Test
  void actionsRunOnTheManagersThreadInOrderOfTime() {
    machine.schedule(40 * MILLI, () -> log.add("c " + onManager()));
    machine.schedule(20 * MILLI, () -> log.add("b " + onManager()));
    machine.post(() -> log.add("a " + onManager()));
    await(() -> log.size() == 3);
    assertThat(log).containsExactly("a true", "b true", "c true");
    assertThat(machine.now()).isGreaterThanOrEqualTo(40 * MILLI);
    assertThatThrownBy(
            () ->
                machine.call(
                    () -> {
                      throw new IllegalArgumentException("said to the caller");
                    }))
        .hasMessage("said to the caller");
  }

  private boolean onManager() {
    return Thread.currentThread().equals(manager);
  }

  @Test
  void stoppingEndsComputersFirstAndAnEndMayNotStartOthersForLong() throws InterruptedException {
    Computer computer = computer(2);
    Computer again = computer(1);
    machine.start(
        computer.clock, () -> machine.start(again.clock, () -> log.add("again " + onManager())));
    computer.first().awaitSlices(1);
    machine.stop();
    manager.join();
    assertThat(log).containsExactly("again true");
    assertThat(again.first().slices).isZero();
    machine.call(() -> log.add("called"));
    assertThat(log).hasSize(2);
  }
}
