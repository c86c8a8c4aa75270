package dev.quire.machine.board;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Time as the host's, from the clock's creation; each processor on a host thread of its own. Idle
 * processors park. Actions that are due run on whichever thread sees them first, one at a time.
 */
public final class HostClock implements Clock {
  /** Instructions between two looks at the clock: well below a millisecond. */
  private static final long SLICE = 100_000;

  /** A processor, and whether its thread is parked; guarded by {@link #lock}. */
  private static final class Slot {
    final Processor processor;
    final Condition woken;
    boolean parked;
    long timer = Long.MAX_VALUE;

    Slot(Processor processor, Condition woken) {
      this.processor = processor;
      this.woken = woken;
    }
  }

  private final long start = System.nanoTime();
  private final PowerControl power;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReentrantLock running = new ReentrantLock();

  /** Held for reading by processors that run, for writing while all must stand still. */
  private final ReentrantReadWriteLock goOn = new ReentrantReadWriteLock();

  private final EventQueue events = new EventQueue();
  private final List<Slot> slots = new ArrayList<>();
  private final IdentityHashMap<Processor, Slot> byProcessor = new IdentityHashMap<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile long nextDue = Long.MAX_VALUE;
  private boolean inputExpected;

  public HostClock(PowerControl power) {
    this.power = power;
    power.onRequest(this::wakeAll);
  }

  @Override
  public void add(Processor processor) {
    Slot slot = new Slot(processor, lock.newCondition());
    slots.add(slot);
    byProcessor.put(processor, slot);
  }

  @Override
  public void betweenSlices(Runnable check) {
    checks.add(check);
  }

  @Override
  public long now() {
    return System.nanoTime() - start;
  }

  @Override
  public void schedule(long delayNanos, Runnable action) {
    lock.lock();
    try {
      long before = events.nextDue();
      events.add(now() + Math.min(delayNanos, Long.MAX_VALUE / 2), action);
      nextDue = events.nextDue();
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
    if (goOn.getReadHoldCount() > 0) {
      throw new IllegalStateException("a processor cannot wait for itself to stop");
    }
    for (Slot slot : slots) {
      slot.processor.kick();
    }
    goOn.writeLock().lock();
    try {
      action.run();
    } finally {
      goOn.writeLock().unlock();
    }
    wakeAll();
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
    List<Thread> threads = new ArrayList<>();
    for (Slot slot : slots) {
      String name = "processor-" + threads.size();
      threads.add(Thread.ofPlatform().name(name).start(() -> runGuarded(slot)));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      power.request(PowerControl.Kind.OFF, 130);
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("a processor's thread failed", thrown);
    }
  }

  private void runGuarded(Slot slot) {
    try {
      runLoop(slot);
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      power.request(PowerControl.Kind.OFF, 1);
    }
  }

  private void runLoop(Slot slot) {
    while (power.pending() == null) {
      if (!runSlice(slot.processor)) {
        park(slot);
      }
    }
  }

  /** Runs what is due, and the processor; false if that is idle. */
  private boolean runSlice(Processor processor) {
    goOn.readLock().lock();
    try {
      runDue();
      if (processor.idle()) {
        return false;
      }
      processor.run(SLICE);
      for (int i = 0; i < checks.size(); i++) {
        checks.get(i).run();
      }
      return true;
    } finally {
      goOn.readLock().unlock();
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
      nextDue = events.nextDue();
      return action;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until woken, or until an action or the processor's own timer is due. */
  @SuppressWarnings("WaitNotInLoop") // runLoop is the loop
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
}
