package dev.quire.machine.hart;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Actions at counts of completed instructions, those of one count in the order they were added. */
final class InstructionStops {
  private record Stop(long count, long sequence, Runnable action) {}

  private final PriorityQueue<Stop> stops =
      new PriorityQueue<>(Comparator.comparingLong(Stop::count).thenComparingLong(Stop::sequence));
  private long sequence;
  private long next = Long.MAX_VALUE;

  void add(long count, Runnable action) {
    stops.add(new Stop(count, sequence++, action));
    next = Math.min(next, count);
  }

  /** The next count with an action, or {@link Long#MAX_VALUE}. */
  long next() {
    return next;
  }

  /** Runs what is due at {@code completed}; what was due earlier is too late and forgotten. */
  void runDue(long completed) {
    while (next <= completed) {
      Stop stop = stops.remove();
      next = stops.isEmpty() ? Long.MAX_VALUE : stops.element().count;
      if (stop.count == completed) {
        stop.action.run();
      }
    }
  }
}
