package dev.quire.machine.board;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Actions in order of the time at which they are due, and of arrival among equals. */
final class EventQueue {
  private record Event(long due, long sequence, Runnable action) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::due).thenComparingLong(Event::sequence));
  private long sequence;

  void add(long due, Runnable action) {
    events.add(new Event(due, sequence++, action));
  }

  /** When the first action is due, or {@link Long#MAX_VALUE}. */
  long nextDue() {
    Event first = events.peek();
    return first == null ? Long.MAX_VALUE : first.due;
  }

  /** Takes the first action if it is due at {@code now}, else null. */
  @Nullable Runnable poll(long now) {
    Event first = events.peek();
    if (first == null || first.due > now) {
      return null;
    }
    events.remove();
    return first.action;
  }
}
