package dev.quire.machine.board;

/**
 * What a {@link Clock} drives: a bare hart or a vCPU. All but {@link #kick} are called on the
 * thread that runs it, or while that thread is not running it.
 */
public interface Processor {
  /** Its guest time in nanoseconds; under the instruction clock completed instructions + idling. */
  long nanos();

  /**
   * The guest time at which its own timer (Sstc) next becomes due, in nanoseconds; a past time or
   * {@link Long#MAX_VALUE} if it has none ahead.
   */
  long nextTimer();

  /**
   * Completes at most {@code instructions}; returns early when it becomes idle, when kicked, or
   * when it likes. A kick that came while it was not running may end the next run at once.
   */
  void run(long instructions);

  /** Whether it can do nothing by itself: it waits for an interrupt, or is stopped. */
  boolean idle();

  /** Lets idle time pass, under the instruction clock only: {@code nanos} is never in its past. */
  void skipTo(long nanos);

  /** Makes {@link #run} return soon; on the running thread, after the instruction under way. */
  void kick();
}
