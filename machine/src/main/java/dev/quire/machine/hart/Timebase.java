package dev.quire.machine.hart;

/** The clock behind the time CSR. */
@FunctionalInterface
public interface Timebase {
  /** Ticks of 100 ns since power-on. */
  long time();

  /**
   * How many instructions the hart can complete before {@link #time} reaches {@code tick}; at least
   * 1 unless it has, and no bound ({@code Long.MAX_VALUE}) where time does not count instructions.
   */
  default long instructionsUntil(long tick) {
    return Long.MAX_VALUE;
  }
}
