package dev.quire.monitor.sampling;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.estimate.ExactWorkingSet;
import dev.quire.monitor.estimate.MovingAverages;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageState;
import dev.quire.monitor.memory.Sample;
import dev.quire.monitor.trace.MemoryTracer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Estimates how much of its memory a VM uses, without its help (Waldspurger, OSDI 2002, section
 * 5.3): each period of the VM's time some pages, chosen at random, are taken out of reach, and
 * those that are touched before the period ends are counted. What was never populated or is swapped
 * out is untouched until it is touched.
 *
 * <p>A VM that stands still is not sampled. Under the instruction clock the samples repeat, and the
 * guest completes the same instructions with and without them.
 *
 * <p>Looking is for any thread. What changes a sampler is done while no vCPU runs ({@link
 * Clock#whileStopped}).
 */
public final class Sampler {
  private static final long PAGE = 4096;

  /** So many periods are remembered. */
  private static final int REMEMBERED = 64;

  /** A period that is the first says something once so much of it has passed: one in so many. */
  private static final int FIRST_WORDS = 2;

  /**
   * How much is sampled.
   *
   * @param pages in each sample; 0: nothing is sampled
   * @param periodNanos of the VM's time
   */
  public record Settings(int pages, long periodNanos) {
    /** What the paper takes: 100 pages in 30 seconds. */
    public static final Settings STANDARD = new Settings(100, 30_000_000_000L);

    public static final int MOST_PAGES = 1_000_000;
    private static final long SHORTEST_NANOS = 1_000_000;

    /** Checks what a user may have got wrong. */
    public Settings {
      if (pages < 0 || pages > MOST_PAGES) {
        throw UserError.of(
            "Samples of %d pages are not possible: 0, which is none, to %,d are.",
            pages, MOST_PAGES);
      }
      if (periodNanos < SHORTEST_NANOS) {
        throw new UserError("The period of samples is too short: at least 1ms.");
      }
    }
  }

  private final GuestMemory memory;
  private final Clock clock;
  private final MemoryTracer tracer;
  private final RandomGenerator random;
  private final AccessHarvest harvest;
  private final Deque<Estimate> ended = new ArrayDeque<>();
  private Settings settings;
  private MovingAverages averages = MovingAverages.NONE;
  private SampleCounters counters = SampleCounters.NONE;
  private @Nullable Truth truth;
  private long begun;

  /** Goes on with each period, so that the end of one that was broken off means nothing. */
  private long turn;

  private boolean closed;

  /** What the VM really uses, while its references are traced. */
  private record Truth(ExactWorkingSet set, MemoryTracer.Tracing tracing) {}

  /** {@link #begin} follows. */
  public Sampler(
      GuestMemory memory,
      Clock clock,
      MemoryTracer tracer,
      RandomGenerator random,
      Settings settings) {
    this.memory = memory;
    this.clock = clock;
    this.tracer = tracer;
    this.random = random;
    this.settings = settings;
    this.harvest = new AccessHarvest(memory);
  }

  // ---- periods -----------------------------------------------------------------------------

  /** Begins a period with a fresh sample, and forgets what the one before it saw so far. */
  public synchronized void begin() {
    turn++;
    begun = clock.now();
    long start = System.nanoTime();
    memory.beginSample(random, settings.pages());
    long chosen = System.nanoTime();
    if (settings.pages() > 0) {
      harvest.begin();
      long mine = turn;
      clock.scheduleAside(settings.periodNanos(), () -> clock.stopSoon(() -> endAndBegin(mine)));
    }
    counters = counters.plus(chosen - start, System.nanoTime() - chosen);
  }

  private synchronized void endAndBegin(long mine) {
    if (mine == turn && !closed) {
      end();
      begin();
      notifyAll();
    }
  }

  private void end() {
    long start = System.nanoTime();
    long accessed = harvest.end();
    counters = counters.plus(0, System.nanoTime() - start);
    Sample sample = memory.sample();
    if (sample.sampled() > 0) {
      averages = averages.after(Estimate.fraction(sample));
    }
    long used = accessed * PAGE;
    Estimate estimate = estimate(counters.periods() + 1, sample, averages.fast(), used);
    counters = counters.after(estimate);
    ended.add(estimate);
    if (ended.size() > REMEMBERED) {
      ended.remove();
    }
  }

  private Estimate estimate(long number, Sample sample, double running, long accessed) {
    long used =
        truth == null ? Estimate.UNKNOWN : truth.set().framesSince(begun, this::isTheGuests) * PAGE;
    return Estimate.of(number, begun, clock.now(), sample, averages, running, accessed, used);
  }

  /** Whether the guest has the page with this index, and not the balloon. */
  private boolean isTheGuests(int index) {
    return memory.state(memory.base() / PAGE + index) != PageState.BALLOONED;
  }

  /** Samples in another way from now on, beginning afresh. */
  public synchronized void set(Settings wanted) {
    settings = wanted;
    begin();
  }

  /**
   * Has the VM's references traced, and so the truth known, or not any more. Either begins a period
   * afresh.
   */
  public synchronized void trace(boolean on) {
    if (on == (truth != null)) {
      return;
    }
    if (truth == null) {
      ExactWorkingSet set = new ExactWorkingSet((int) (memory.size() / PAGE));
      truth = new Truth(set, tracer.begin(set));
    } else {
      tracer.end(truth.tracing());
      truth = null;
    }
    begin();
  }

  /** Ends sampling, when no vCPU will ever run again. */
  public synchronized void close() {
    closed = true;
    notifyAll();
  }

  // ---- what was found ----------------------------------------------------------------------

  public synchronized Settings settings() {
    return settings;
  }

  /** Whether the truth is traced. */
  public synchronized boolean traces() {
    return truth != null;
  }

  /** The period that runs, as far as it has come; its sample is empty if nothing is sampled. */
  public synchronized Estimate running() {
    Sample sample = memory.sample();
    return estimate(0, sample, Estimate.fraction(sample), Estimate.UNKNOWN);
  }

  /**
   * What is known now: the sample of the last period that ended, or if none has, of the first once
   * half of it has passed, and the averages with what the running period has shown so far. Null if
   * nothing is known, or nothing is sampled any more.
   */
  public synchronized @Nullable Estimate now() {
    Estimate running = running();
    if (settings.pages() == 0 || running.sampled() == 0) {
      return null;
    }
    Estimate last = ended.peekLast();
    if (last != null) {
      return last.asOf(running);
    }
    boolean early = running.ended() - begun < settings.periodNanos() / FIRST_WORDS;
    return early ? null : running;
  }

  /** The periods that ended after number {@code seen}, as far as they are remembered. */
  public synchronized List<Estimate> since(long seen) {
    return ended.stream().filter(estimate -> estimate.number() > seen).toList();
  }

  /** The same, once there are any; none after {@code millis}, or once sampling has ended. */
  public synchronized List<Estimate> await(long seen, long millis) throws InterruptedException {
    long until = System.nanoTime() + millis * 1_000_000;
    for (long left = millis; left > 0 && !closed && counters.periods() <= seen; ) {
      wait(left);
      left = (until - System.nanoTime()) / 1_000_000;
    }
    return since(seen);
  }

  /** Whether no period will end any more. */
  public synchronized boolean isClosed() {
    return closed;
  }

  /**
   * What sampling did and took.
   *
   * @param touchNanos what the vCPUs' exits count of it
   */
  public synchronized SampleCounters counters(long touchNanos) {
    return counters.withTouches(touchNanos);
  }
}
