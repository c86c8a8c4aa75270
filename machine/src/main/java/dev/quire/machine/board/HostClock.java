package dev.quire.machine.board;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time as the host's, from the beginning of the run; each processor on a host thread of its own.
 * Idle processors park. Actions that are due run on whichever thread sees them first, one at a
 * time.
 *
 * <p>Before each slice a processor's thread passes two doors. The {@link Gate} is shut while the
 * computer must stand still. A {@link HartPool} lets no more processors run than there are harts.
 * Who waits at one of them does not keep the other busy.
 */
public final class HostClock implements Clock {
  /** Instructions between two looks at the clock: well below a millisecond. */
  private static final long SLICE = 100_000;

  /** A processor, and whether its thread is parked; guarded by {@link #lock}. */
  private static final class Slot {
    final Processor processor;
    final HartPool.Turn turn;
    final Condition woken;
    boolean parked;
    long timer = Long.MAX_VALUE;

    Slot(Processor processor, HartPool.Turn turn, Condition woken) {
      this.processor = processor;
      this.turn = turn;
      this.woken = woken;
    }
  }

  private final PowerControl power;
  private final HartPool.Share harts;
  private final Stopwatch time = new Stopwatch();
  private final Gate gate = new Gate();
  private final ReentrantLock lock = new ReentrantLock();
  private final ReentrantLock running = new ReentrantLock();

  /** Held by whoever keeps the gate shut for an action, and while {@link #held} changes. */
  private final ReentrantLock stopping = new ReentrantLock();

  private final EventQueue events = new EventQueue();
  private final EventQueue asides = new EventQueue();
  private final List<Slot> slots = new ArrayList<>();
  private final IdentityHashMap<Processor, Slot> byProcessor = new IdentityHashMap<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile long nextDue = Long.MAX_VALUE;
  private boolean inputExpected;
  private boolean started;
  private boolean held;

  /** All processors may run at once. */
  public HostClock(PowerControl power) {
    this(power, new HartPool(Integer.MAX_VALUE).share(1));
  }

  /** As many processors run at once as get one of the {@code harts}. */
  public HostClock(PowerControl power, HartPool.Share harts) {
    this.power = power;
    this.harts = harts;
    power.onRequest(this::letAllEnd);
  }

  /** Changes the computer's part of the harts; {@link HartPool.Share#weigh}. */
  void weigh(int weight) {
    harts.weigh(weight);
  }

  @Override
  public void add(Processor processor) {
    Slot slot = new Slot(processor, harts.turn(), lock.newCondition());
    slots.add(slot);
    byProcessor.put(processor, slot);
  }

  @Override
  public void betweenSlices(Runnable check) {
    checks.add(check);
  }

  @Override
  public long now() {
    return time.now();
  }

  @Override
  public void schedule(long delayNanos, Runnable action) {
    schedule(events, delayNanos, action);
  }

  @Override
  public void scheduleAside(long delayNanos, Runnable action) {
    schedule(asides, delayNanos, action);
  }

  private void schedule(EventQueue queue, long delayNanos, Runnable action) {
    lock.lock();
    try {
      long before = nextDue;
      queue.add(now() + Math.min(delayNanos, Long.MAX_VALUE / 2), action);
      nextDue = Math.min(events.nextDue(), asides.nextDue());
      if (nextDue < before) {
        signalParked();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void wake(Processor processor) {
    processor.kick();
    lock.lock();
    try {
      Slot slot = byProcessor.get(processor);
      if (slot != null) {
        slot.parked = false;
        slot.woken.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void post(Runnable action) {
    action.run();
  }

  @Override
  public void whileStopped(Runnable action) {
    shut();
    try {
      gate.awaitEmpty();
      action.run();
    } finally {
      open();
    }
    wakeAll();
  }

  @Override
  public void hold(boolean hold) {
    shut();
    try {
      gate.awaitEmpty();
      if (hold && !held) {
        gate.shut();
      } else if (!hold && held) {
        gate.open();
      }
      held = hold;
      runTime();
    } finally {
      open();
    }
  }

  private void shut() {
    gate.shut();
    for (Slot slot : slots) {
      slot.processor.kick();
    }
    stopping.lock();
  }

  private void open() {
    stopping.unlock();
    gate.open();
  }

  /** Guarded by {@link #stopping}. */
  private void runTime() {
    if (started && !held) {
      time.start();
    } else {
      time.stop();
    }
  }

  @Override
  public void stopSoon(Runnable action) {
    Thread.ofPlatform().daemon().name("stop").start(() -> whileStopped(action));
  }

  @Override
  public void expectInput(boolean expected) {
    lock.lock();
    try {
      inputExpected = expected;
      signalParked();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    runToEnd();
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("a processor's thread failed", thrown);
    }
  }

  /** The same, but what was thrown is only to be asked for. */
  void runToEnd() {
    beginTime();
    List<Thread> threads = new ArrayList<>();
    for (Slot slot : slots) {
      String name = "processor-" + threads.size();
      threads.add(Thread.ofPlatform().name(name).start(() -> runGuarded(slot)));
    }
    for (Thread thread : threads) {
      join(thread);
    }
  }

  private void beginTime() {
    stopping.lock();
    try {
      started = true;
      runTime();
    } finally {
      stopping.unlock();
    }
  }

  private void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      power.request(PowerControl.Kind.OFF, 130);
      join(thread);
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public @Nullable Throwable failure() {
    return failure.get();
  }

  /** Ends the run soon; any thread. */
  void powerOff() {
    power.request(PowerControl.Kind.OFF, 0);
  }

  private void runGuarded(Slot slot) {
    try {
      while (power.pending() == null) {
        step(slot);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      power.request(PowerControl.Kind.OFF, 1);
    } finally {
      slot.turn.leave();
    }
  }

  /** Runs what is due and, on a hart, a slice; or waits for what is missing: see the class. */
  private void step(Slot slot) {
    if (!gate.enter()) {
      slot.turn.leave();
      gate.awaitOpen();
      return;
    }
    boolean idle;
    try {
      runDue();
      idle = slot.processor.idle();
      if (!idle && slot.turn.holdsHart()) {
        runSlice(slot.processor);
      }
    } finally {
      gate.leave();
    }
    if (idle) {
      slot.turn.leave();
      park(slot);
    } else {
      slot.turn.await();
    }
  }

  private void runSlice(Processor processor) {
    processor.run(SLICE);
    for (int i = 0; i < checks.size(); i++) {
      checks.get(i).run();
    }
  }

  private void runDue() {
    if (nextDue > now() || !running.tryLock()) {
      return;
    }
    try {
      for (Runnable action = takeDue(); action != null; action = takeDue()) {
        action.run();
      }
    } finally {
      running.unlock();
    }
  }

  private @Nullable Runnable takeDue() {
    lock.lock();
    try {
      Runnable action = events.poll(now());
      action = action == null ? asides.poll(now()) : action;
      nextDue = Math.min(events.nextDue(), asides.nextDue());
      return action;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until woken, or until an action or the processor's own timer is due. */
  @SuppressWarnings("WaitNotInLoop") // runGuarded is the loop
  private void park(Slot slot) {
    lock.lock();
    try {
      // The timer first: one that comes due after this look leaves the processor busy below.
      long timer = slot.processor.nextTimer();
      slot.timer = timer > now() ? timer : Long.MAX_VALUE;
      // A wake between the first look and taking the lock has left the processor busy.
      if (!slot.processor.idle() || power.pending() != null) {
        return;
      }
      slot.parked = true;
      if (allWaitForEver()) {
        power.request(PowerControl.Kind.DEADLOCK, 0);
        return;
      }
      long until = Math.min(slot.timer, nextDue);
      if (until == Long.MAX_VALUE) {
        slot.woken.await();
      } else {
        var _ = slot.woken.awaitNanos(until - now());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      power.request(PowerControl.Kind.OFF, 130);
    } finally {
      slot.parked = false;
      lock.unlock();
    }
  }

  private boolean allWaitForEver() {
    boolean forEver = !inputExpected && events.nextDue() == Long.MAX_VALUE;
    for (Slot slot : slots) {
      forEver = forEver && slot.parked && slot.timer == Long.MAX_VALUE;
    }
    return forEver;
  }

  private void signalParked() {
    for (Slot slot : slots) {
      slot.woken.signal();
    }
  }

  private void wakeAll() {
    for (Slot slot : slots) {
      wake(slot.processor);
    }
  }

  /** There is a power request. */
  private void letAllEnd() {
    gate.abandon();
    for (Slot slot : slots) {
      slot.turn.giveUp();
    }
    wakeAll();
  }
}
