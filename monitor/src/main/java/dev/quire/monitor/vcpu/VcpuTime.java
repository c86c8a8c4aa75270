package dev.quire.monitor.vcpu;

import dev.quire.machine.hart.Timebase;
import dev.quire.machine.time.Timeline;
import java.util.function.LongSupplier;

/**
 * The time that a vCPU's hart shows: its own count of instructions and idle time under the
 * instruction clock, the clock's otherwise.
 */
public final class VcpuTime implements Timebase {
  /** Guest time in nanoseconds in which the hart's clock goes on by one. */
  public static final long NANOS_PER_TICK = 100;

  private final boolean countsInstructions;
  private final Timeline clock;
  private LongSupplier completed = () -> 0;
  private long idled;

  /**
   * @param countsInstructions whether one instruction takes one nanosecond, and nothing else does
   */
  public VcpuTime(boolean countsInstructions, Timeline clock) {
    this.countsInstructions = countsInstructions;
    this.clock = clock;
  }

  /** Sets where the hart's count of completed instructions is read. */
  void countBy(LongSupplier completedInstructions) {
    this.completed = completedInstructions;
  }

  /** Guest time in nanoseconds. */
  long nanos() {
    return countsInstructions ? completed.getAsLong() + idled : clock.now();
  }

  void skipTo(long nanos) {
    idled += nanos - nanos();
  }

  @Override
  public long time() {
    return ticksOf(nanos());
  }

  /** What the hart's clock shows at a guest time. */
  static long ticksOf(long nanos) {
    return nanos / NANOS_PER_TICK;
  }

  @Override
  public long instructionsUntil(long tick) {
    if (!countsInstructions || tick >= Long.MAX_VALUE / NANOS_PER_TICK) {
      return Long.MAX_VALUE;
    }
    return tick * NANOS_PER_TICK - nanos();
  }

  /** The guest time at which the hart's clock comes to {@code tick}. */
  static long nanosOf(long tick) {
    return tick >= Long.MAX_VALUE / NANOS_PER_TICK ? Long.MAX_VALUE : tick * NANOS_PER_TICK;
  }
}
