package dev.quire.machine.board;

import dev.quire.machine.time.Timeline;
import org.jspecify.annotations.Nullable;

/** A computer's time, and the loop that runs its processors in it. */
public interface Clock extends Timeline {
  /** Adds a processor; before {@link #run}. Their order is their identity. */
  void add(Processor processor);

  /** Runs {@code check} between slices of instructions; before {@link #run}. */
  void betweenSlices(Runnable check);

  /**
   * Runs {@code action} once, at {@code now() + delay} or a little later, for whoever only watches:
   * it keeps nothing going (processors that wait for ever are a deadlock all the same), and under
   * the instruction clock it ends no slice, so that processors take turns as they would without it.
   */
  void scheduleAside(long delayNanos, Runnable action);

  /**
   * Says that a processor may have ceased to be idle: an interrupt line of it rose, or it was
   * started. Any thread under the host clock; the running thread under the instruction clock.
   */
  void wake(Processor processor);

  /**
   * Brings in something from outside the machine (console input, a request of the user): runs
   * {@code action} where it may touch devices. Any thread.
   */
  void post(Runnable action);

  /**
   * Runs {@code action} while no processor runs and none will before it has ended; it may look at
   * and change all of the machine, and the guest notices nothing. From a thread that drives no
   * processor; also before and after {@link #run}.
   */
  void whileStopped(Runnable action);

  /**
   * The same, soon, for a processor's own thread: under the instruction clock once the instruction
   * under way is done, before any other.
   */
  void stopSoon(Runnable action);

  /**
   * Whether {@link #post} may still be called. While it may, a machine whose processors all wait
   * for ever is idle; otherwise that is a deadlock. Any thread.
   */
  void expectInput(boolean expected);

  /**
   * Stops the computer, or lets it go on: while it is held no processor runs and its time stands
   * still, with all that is due in it. On return none runs. {@link #whileStopped}, {@link #post}
   * and {@link PowerControl} work all the same. From a thread that drives no processor; also before
   * and after {@link #run}. Does nothing if it is so already.
   */
  void hold(boolean held);

  /**
   * Runs the processors until {@link PowerControl} has a request; once. A computer of a {@link
   * MachineClock} is started there instead.
   */
  void run();

  /** What a processor, a device or an action threw and so ended the computer; null if none did. */
  @Nullable Throwable failure();
}
