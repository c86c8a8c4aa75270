package dev.quire.machine.board;

/** The host's time, less that during which it was stopped; stopped at 0 at first. Any thread. */
final class Stopwatch {
  /** {@code origin}: the host time that is 0; or, while it is stopped, what it shows. */
  private record State(boolean runs, long origin) {
    long now() {
      return runs ? System.nanoTime() - origin : origin;
    }
  }

  private volatile State state = new State(false, 0);

  /** Nanoseconds. */
  long now() {
    return state.now();
  }

  synchronized void start() {
    if (!state.runs) {
      state = new State(true, System.nanoTime() - state.origin);
    }
  }

  synchronized void stop() {
    if (state.runs) {
      state = new State(false, state.now());
    }
  }
}
