package dev.quire.machine.board;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Time as a count of instructions: 1 instruction = 1 ns. One host thread runs the processors in
 * turn, always the one whose time is least, for a slice; so a run is a function of its inputs.
 *
 * <p>Actions run exactly when due: a slice never reaches beyond the next one, and one scheduled
 * during a slice ends it in time. A processor that wakes another also ends its slice, and the woken
 * one starts at the waker's time. When all are idle, time jumps to the next action or timer.
 *
 * <p>A computer by itself is driven by {@link #run}; one of several on a machine by {@link
 * #advance}, on the thread of its {@link CountingMachineClock}.
 */
public final class InstructionClock implements Clock {
  /** Instructions in a slice while only one processor has something to do. */
  private static final long SLICE = 10_000;

  /** The same while several have: bounds how far their times drift apart. */
  private static final long SHARED_SLICE = 2_000;

  /** A processor and what the clock knows of it. */
  private static final class Slot {
    final Processor processor;
    boolean asleep;

    Slot(Processor processor) {
      this.processor = processor;
    }

    /** The time of its timer ahead, if it sleeps until then. */
    long wakeTime() {
      long timer = processor.nextTimer();
      return asleep && timer > processor.nanos() ? timer : Long.MAX_VALUE;
    }
  }

  private final PowerControl power;
  private final List<Slot> slots = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final EventQueue events = new EventQueue();

  /** What happens between two slices, whenever all processors have come so far. */
  private final EventQueue asides = new EventQueue();

  private final Mailbox mailbox;

  /** What a processor asked for, to be done before the next instruction. */
  private final Queue<Runnable> soon = new ArrayDeque<>();

  private volatile boolean inputExpected;
  private volatile @Nullable Throwable failure;
  private boolean held;
  private @Nullable Processor running;
  private long now;
  private long sliceEnd;
  private int last;

  /** For a computer by itself. */
  public InstructionClock(PowerControl power) {
    this.power = power;
    this.mailbox = new Mailbox(this::kickAll);
    power.onRequest(() -> mailbox.post(() -> {}));
  }

  /** For one of several computers; {@code mailbox} is that of the loop that advances them. */
  InstructionClock(PowerControl power, Mailbox mailbox) {
    this.power = power;
    this.mailbox = mailbox;
    power.onRequest(
        () -> {
          kickAll();
          mailbox.post(() -> {});
        });
  }

  @Override
  public void add(Processor processor) {
    slots.add(new Slot(processor));
  }

  @Override
  public void betweenSlices(Runnable check) {
    checks.add(check);
  }

  @Override
  public long now() {
    return running == null ? now : running.nanos();
  }

  @Override
  public void schedule(long delayNanos, Runnable action) {
    long due = saturatingAdd(now(), delayNanos);
    events.add(due, action);
    if (running != null && due < sliceEnd) {
      running.kick();
    }
  }

  @Override
  public void scheduleAside(long delayNanos, Runnable action) {
    asides.add(saturatingAdd(now(), delayNanos), action);
  }

  @Override
  public void wake(Processor processor) {
    if (running != null && !running.equals(processor)) {
      running.kick();
    }
  }

  @Override
  public void post(Runnable action) {
    mailbox.post(() -> guarded(action));
  }

  @Override
  public void whileStopped(Runnable action) {
    if (mailbox.isOwner() && running != null) {
      throw new IllegalStateException("a processor cannot wait for itself to stop");
    }
    mailbox.call(action);
  }

  @Override
  public void stopSoon(Runnable action) {
    soon.add(action);
    if (running != null) {
      running.kick();
    }
  }

  @Override
  public void expectInput(boolean expected) {
    inputExpected = expected;
    mailbox.post(() -> {});
  }

  @Override
  public void hold(boolean hold) {
    whileStopped(() -> held = hold);
  }

  @Override
  public void run() {
    mailbox.open();
    while (power.pending() == null) {
      guarded(this::round);
    }
    guarded(mailbox::close);
    Thrown.again(failure);
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  /** What {@code action} throws ends the computer. */
  private void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      failure = failure == null ? e : failure;
      power.request(PowerControl.Kind.OFF, 1);
    }
  }

  private void round() {
    mailbox.runAll();
    if (power.pending() != null || (!held && step(Long.MAX_VALUE))) {
      return;
    }
    if (held || inputExpected || !mailbox.isEmpty()) {
      awaitPosted();
    } else {
      power.request(PowerControl.Kind.DEADLOCK, 0);
    }
  }

  private void awaitPosted() {
    try {
      mailbox.runNext(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      power.request(PowerControl.Kind.OFF, 130);
    }
  }

  // ---- for a machine's clock, on its thread ------------------------------------------------

  /**
   * Runs the computer until its time is {@code until}, or it ends: all that is due before, and
   * nothing that is due then.
   */
  void advance(long until) {
    guarded(
        () -> {
          while (power.pending() == null && step(until)) {}
        });
    if (power.pending() == null) {
      now = until;
    }
  }

  /** The time at which there is something to do next; the maximum if never, or not while held. */
  long nextActivity() {
    if (held) {
      return Long.MAX_VALUE;
    }
    long next = events.nextDue();
    for (Slot slot : slots) {
      next = Math.min(next, isAwake(slot) ? now : slot.wakeTime());
    }
    return next;
  }

  boolean isHeld() {
    return held;
  }

  boolean hasEnded() {
    return power.pending() != null;
  }

  /** Ends the run soon; any thread. */
  void powerOff() {
    power.request(PowerControl.Kind.OFF, 0);
  }

  // ---- time --------------------------------------------------------------------------------

  /** Does the next thing of all that are due before {@code until}; false if there is none. */
  private boolean step(long until) {
    for (Runnable action = soon.poll(); action != null; action = soon.poll()) {
      action.run();
    }
    int turn = last;
    Slot next = leastAwake();
    long time = next == null ? Long.MAX_VALUE : next.processor.nanos();
    Slot sleeper = firstToWake();
    long wakeTime = sleeper == null ? Long.MAX_VALUE : sleeper.wakeTime();
    long due = events.nextDue();
    long first = Math.min(Math.min(due, wakeTime), time);
    if (asides.nextDue() <= first && asides.nextDue() < until && goesOn(first, until)) {
      last = turn;
      now = Math.max(now, asides.nextDue());
      Objects.requireNonNull(asides.poll(now)).run();
      return true;
    }
    if (first >= until) {
      return false;
    }
    if (due <= time && due <= wakeTime) {
      now = Math.max(due, 0);
      Objects.requireNonNull(events.poll(due)).run();
    } else if (sleeper != null && wakeTime <= time) {
      now = wakeTime;
      sleeper.processor.skipTo(wakeTime);
    } else if (next != null) {
      runSlice(next.processor, Math.min(until, Math.min(due, wakeTime)));
    }
    return true;
  }

  /** Whether anything will happen: by itself, or because others' time goes on. */
  private static boolean goesOn(long first, long until) {
    return Math.min(first, until) < Long.MAX_VALUE;
  }

  private void runSlice(Processor processor, long limit) {
    long start = processor.nanos();
    long end = Math.min(limit, start + (awakeCount() > 1 ? SHARED_SLICE : SLICE));
    long timer = processor.nextTimer();
    if (timer > start) {
      end = Math.min(end, timer);
    }
    sliceEnd = end;
    running = processor;
    try {
      processor.run(end - start);
    } finally {
      running = null;
      now = processor.nanos();
    }
    for (int i = 0; i < checks.size(); i++) {
      checks.get(i).run();
    }
  }

  /**
   * The processor to run: least time; among equals the next in turn after the last one that ran.
   */
  private @Nullable Slot leastAwake() {
    int best = -1;
    for (int i = 1; i <= slots.size(); i++) {
      int candidate = (last + i) % slots.size();
      Slot slot = slots.get(candidate);
      if (isAwake(slot)
          && (best < 0 || slot.processor.nanos() < slots.get(best).processor.nanos())) {
        best = candidate;
      }
    }
    if (best < 0) {
      return null;
    }
    last = best;
    return slots.get(best);
  }

  /** One that has just been woken starts now, not in the past where it fell asleep. */
  private boolean isAwake(Slot slot) {
    boolean idle = slot.processor.idle();
    if (slot.asleep && !idle && slot.processor.nanos() < now) {
      slot.processor.skipTo(now);
    }
    slot.asleep = idle;
    return !idle;
  }

  private int awakeCount() {
    int count = 0;
    for (Slot slot : slots) {
      count += slot.asleep ? 0 : 1;
    }
    return count;
  }

  private @Nullable Slot firstToWake() {
    Slot first = null;
    for (Slot slot : slots) {
      long time = slot.wakeTime();
      if (time != Long.MAX_VALUE && (first == null || time < first.wakeTime())) {
        first = slot;
      }
    }
    return first;
  }

  private void kickAll() {
    for (Slot slot : slots) {
      slot.processor.kick();
    }
  }

  private static long saturatingAdd(long time, long delay) {
    long sum = time + delay;
    return sum < time ? Long.MAX_VALUE - 1 : sum;
  }
}
