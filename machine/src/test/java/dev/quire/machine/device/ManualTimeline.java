package dev.quire.machine.device;

import dev.quire.machine.time.Timeline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Guest time that passes when a test says so. */
public final class ManualTimeline implements Timeline {
  private record Entry(long due, Runnable action) {}

  private final List<Entry> entries = new ArrayList<>();
  private long now;

  @Override
  public long now() {
    return now;
  }

  @Override
  public void schedule(long delayNanos, Runnable action) {
    if (delayNanos < 0) {
      throw new IllegalArgumentException("delay " + delayNanos);
    }
    entries.add(new Entry(now + delayNanos, action));
  }

  /** Lets {@code nanos} pass and runs what comes due, each at its instant. */
  public void pass(long nanos) {
    long end = now + nanos;
    while (true) {
      Entry next = entries.stream().min(Comparator.comparingLong(Entry::due)).orElse(null);
      if (next == null || next.due > end) {
        now = end;
        return;
      }
      entries.remove(next);
      now = next.due;
      next.action.run();
    }
  }

  public int pending() {
    return entries.size();
  }
}
