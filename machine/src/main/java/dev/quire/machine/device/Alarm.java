package dev.quire.machine.device;

import dev.quire.machine.time.Timeline;
import java.util.TreeSet;

/**
 * A timer that can be set again at will over a {@link Timeline}, whose actions cannot be taken
 * back. It wakes its owner at the due time and possibly earlier; the owner then looks at the clock
 * and sets it again.
 *
 * <p>A guest may set a timer millions of times, so what is pending must stay bounded: one action
 * per instant, none if an earlier one is pending, and instants that are far away are rounded down
 * to one of 32 per power of two. Guarded by its owner's lock.
 */
final class Alarm {
  private static final long EXACT = 1 << 14;

  private final Timeline timeline;
  private final Runnable owner;
  private final TreeSet<Long> pending = new TreeSet<>();

  /** {@code owner} runs on the timeline's thread and must take its own lock. */
  Alarm(Timeline timeline, Runnable owner) {
    this.timeline = timeline;
    this.owner = owner;
  }

  /** Wakes the owner no later than {@code due}, in nanoseconds of guest time, not negative. */
  void wakeBy(long due) {
    long now = timeline.now();
    pending.headSet(now).clear();
    long delay = Math.max(0, due - now);
    long instant = now + delay;
    if (delay > EXACT) {
      instant = Math.max(now + 1, instant & -(Long.highestOneBit(delay) >>> 5));
    }
    if (pending.isEmpty() || pending.first() > instant) {
      pending.add(instant);
      timeline.schedule(instant - now, owner);
    }
  }

  /** To be called first by the owner when it wakes. */
  void woken() {
    pending.headSet(timeline.now(), true).clear();
  }
}
