package dev.quire.host;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What happened on a host lately, for any number of readers. Any thread. */
public final class HostEvents {
  private static final int KEPT = 1000;

  private final ArrayDeque<HostEvent> events = new ArrayDeque<>();
  private long count;
  private boolean closed;

  synchronized void add(long nanos, String vm, String kind, String text) {
    if (events.size() == KEPT) {
      events.removeFirst();
    }
    events.addLast(new HostEvent(++count, nanos, vm, kind, text));
    notifyAll();
  }

  /** How many there have been. */
  public synchronized long count() {
    return count;
  }

  /** Those after number {@code seen}, as far as they are kept. */
  public synchronized List<HostEvent> since(long seen) {
    List<HostEvent> found = new ArrayList<>();
    for (HostEvent event : events) {
      if (event.number() > seen) {
        found.add(event);
      }
    }
    return found;
  }

  /** The same, waiting for the first at most {@code millis}; empty if there was none. */
  public synchronized List<HostEvent> await(long seen, long millis) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; count <= seen && !closed && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
    }
    return since(seen);
  }

  /** Whether no more will come. */
  public synchronized boolean closed() {
    return closed;
  }

  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
