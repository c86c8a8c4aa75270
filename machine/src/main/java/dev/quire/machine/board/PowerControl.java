package dev.quire.machine.board;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How a computer stops: the first request counts, and the clocks return when there is one. */
public final class PowerControl {
  /** Why it stopped. */
  public enum Kind {
    /** The program ended the run, with a status. */
    OFF,
    /** The program asked to start again from power-on. */
    RESET,
    /** All processors wait and nothing can ever wake one. */
    DEADLOCK
  }

  /** What was asked, and the status with which the program ended (0 is success). */
  public record Request(Kind kind, int status) {}

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Request> request = new AtomicReference<>();

  /** Asks the machine to stop. Any thread. */
  public void request(Kind kind, int status) {
    if (request.compareAndSet(null, new Request(kind, status))) {
      listeners.forEach(Runnable::run);
    }
  }

  /** The request, or null while the machine is to go on. */
  public @Nullable Request pending() {
    return request.get();
  }

  /** Runs {@code listener} when a request comes, on the thread that makes it. */
  void onRequest(Runnable listener) {
    listeners.add(listener);
  }
}
