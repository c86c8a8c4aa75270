package dev.quire.monitor.sampling;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.Processor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A computer's time that goes on when a test says so; nothing runs in it. */
final class ManualClock implements Clock {
  private record Aside(long due, Runnable action) {}

  private final List<Aside> asides = new ArrayList<>();
  private long now;

  /** Lets time pass, with all that is due in it. */
  void pass(long nanos) {
    long until = now + nanos;
    for (Aside next = next(until); next != null; next = next(until)) {
      asides.remove(next);
      now = Math.max(now, next.due);
      next.action.run();
    }
    now = until;
  }

  private @Nullable Aside next(long until) {
    Aside first = null;
    for (Aside aside : asides) {
      first = aside.due <= until && (first == null || aside.due < first.due) ? aside : first;
    }
    return first;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public void scheduleAside(long delayNanos, Runnable action) {
    asides.add(new Aside(now + delayNanos, action));
  }

  @Override
  public void stopSoon(Runnable action) {
    action.run();
  }

  @Override
  public void schedule(long delayNanos, Runnable action) {
    throw new AssertionError("a sampler keeps nothing going");
  }

  @Override
  public void add(Processor processor) {}

  @Override
  public void betweenSlices(Runnable check) {}

  @Override
  public void wake(Processor processor) {}

  @Override
  public void post(Runnable action) {}

  @Override
  public void whileStopped(Runnable action) {}

  @Override
  public void expectInput(boolean expected) {}

  @Override
  public void hold(boolean held) {}

  @Override
  public void run() {}

  @Override
  public @Nullable Throwable failure() {
    return null;
  }
}
