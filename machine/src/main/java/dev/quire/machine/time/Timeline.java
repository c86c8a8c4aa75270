package dev.quire.machine.time;

/**
 * The guest time of one computer (the bare machine, or one VM), in nanoseconds from its start, and
 * the actions that come due in it. Under the instruction clock time is a count of instructions and
 * an action runs exactly between two of them; under the host clock it runs on a hart's thread soon
 * after it is due.
 */
public interface Timeline {
  /** Nanoseconds of guest time. The 10 MHz timebase that a guest reads is this divided by 100. */
  long now();

  /** Runs {@code action} once, at {@code now() + delay}; {@code delay} >= 0. */
  void schedule(long delayNanos, Runnable action);
}
