package dev.quire.machine.board;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Time as a count of instructions: 1 instruction = 1 ns. One host thread runs the processors in
 * turn, always the one whose time is least, for a slice; so a run is a function of its inputs.
 *
 * <p>Actions run exactly when due: a slice never reaches beyond the next one, and one scheduled
 * during a slice ends it in time. A processor that wakes another also ends its slice, and the woken
 * one starts at the waker's time. When all are idle, time jumps to the next action or timer.
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
  private final LinkedBlockingQueue<Runnable> posted = new LinkedBlockingQueue<>();
  private volatile boolean inputExpected;

  /** Whether somebody takes what is posted; guarded by {@link #posted}. */
  private boolean looping;

  private @Nullable Processor running;
  private long now;
  private long sliceEnd;
  private int last;

  public InstructionClock(PowerControl power) {
    this.power = power;
    power.onRequest(() -> post(() -> {}));
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
  public void wake(Processor processor) {
    if (running != null && !running.equals(processor)) {
      running.kick();
    }
  }

  @Override
  public void post(Runnable action) {
    posted.add(action);
    for (Slot slot : slots) {
      slot.processor.kick();
    }
  }

  @Override
  public void whileStopped(Runnable action) {
    FutureTask<Void> task = new FutureTask<>(action, null);
    synchronized (posted) {
      if (looping) {
        post(task);
      } else {
        task.run(); // nobody would take it; and nobody starts meanwhile
      }
    }
    try {
      task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void stopSoon(Runnable action) {
    post(action);
  }

  @Override
  public void expectInput(boolean expected) {
    inputExpected = expected;
    post(() -> {});
  }

  @Override
  public void run() {
    synchronized (posted) {
      looping = true;
    }
    try {
      runLoop();
    } finally {
      synchronized (posted) {
        looping = false;
      }
      runPosted(); // those who wait for an answer
    }
  }

  private void runLoop() {
    while (power.pending() == null) {
      runPosted();
      Slot next = leastAwake();
      long time = next == null ? Long.MAX_VALUE : next.processor.nanos();
      Slot sleeper = firstToWake();
      long wakeTime = sleeper == null ? Long.MAX_VALUE : sleeper.wakeTime();
      long due = events.nextDue();
      if (due <= time && due <= wakeTime && due != Long.MAX_VALUE) {
        now = Math.max(due, 0);
        Objects.requireNonNull(events.poll(due)).run();
      } else if (sleeper != null && wakeTime <= time) {
        now = wakeTime;
        sleeper.processor.skipTo(wakeTime);
      } else if (next != null) {
        runSlice(next.processor, Math.min(due, wakeTime));
      } else if (inputExpected || !posted.isEmpty()) {
        awaitPosted();
      } else {
        power.request(PowerControl.Kind.DEADLOCK, 0);
      }
    }
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

  private void runPosted() {
    for (Runnable action = posted.poll(); action != null; action = posted.poll()) {
      action.run();
    }
  }

  private void awaitPosted() {
    try {
      posted.take().run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      power.request(PowerControl.Kind.OFF, 130);
    }
  }

  private static long saturatingAdd(long time, long delay) {
    long sum = time + delay;
    return sum < time ? Long.MAX_VALUE - 1 : sum;
  }
}
