package dev.quire.machine.board;

import dev.quire.machine.time.Timeline;

/**
 * A machine's time, in which several computers run and something manages them. All management
 * happens on one thread, that of {@link #run}: actions that are posted or come due, and the ends of
 * computers. It is not a processor's thread: computers go on meanwhile under the host clock, and
 * under the counting clock they stand still between two quanta.
 *
 * <p>{@link #now} is nanoseconds since {@code run} began. {@link #schedule}: any thread; the action
 * runs on the thread of {@code run}.
 */
public sealed interface MachineClock extends Timeline permits MachineLoop {
  /**
   * A clock for one more computer, which {@code power} stops. Its processors may wait for ever: it
   * expects input ({@link Clock#expectInput}), for what manages it can always wake it.
   *
   * @param weight its part of the harts while they do not suffice for all, >= 1; no matter under
   *     the counting clock, where all advance alike
   */
  Clock computer(PowerControl power, int weight);

  /**
   * Runs a computer from now on, its guest time starting at 0, and {@code ended} on the thread of
   * {@link #run} once its power request came and none of its processors runs any more. If it ended
   * because of a failure, {@link Clock#failure} says so. Any thread, once for each computer.
   */
  void start(Clock computer, Runnable ended);

  /** Changes a computer's weight, >= 1. Any thread. */
  void weigh(Clock computer, int weight);

  /** Has {@code action} run on the thread of {@link #run}, soon. Any thread. */
  void post(Runnable action);

  /**
   * Runs {@code action} on the thread of {@link #run} and returns when it has ended; at once if
   * this is that thread, and while there is none. What it throws is thrown here. Any thread, but
   * not a processor's.
   */
  void call(Runnable action);

  /**
   * Runs the computers that were started, and the management, until {@link #stop}; once. Whatever
   * an action throws ends it too, by being thrown. In either case computers that still run are
   * powered off first (status 0), so that none runs when this has returned.
   */
  void run();

  /** Ends {@link #run} soon. Any thread. */
  void stop();
}
