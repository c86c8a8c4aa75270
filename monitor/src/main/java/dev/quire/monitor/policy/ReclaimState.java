package dev.quire.monitor.policy;

/**
 * How short of free frames the machine is, and so what is done about it (Waldspurger, OSDI 2002,
 * section 6.3). Each state has a threshold, a part of all memory:
 *
 * <pre>
 *   HIGH  6 %   nothing is taken back
 *   SOFT  4 %   ballooning; swapping only where a balloon does not help
 *   HARD  2 %   swapping too
 *   LOW   1 %   swapping, and VMs over their target stand still
 * </pre>
 *
 * <p>Downwards, a state begins as soon as free memory is under its own threshold: under 4 % SOFT,
 * under 2 % HARD, under 1 % LOW. Upwards, it ends only when free memory has reached the threshold
 * of a better state: SOFT becomes HIGH at 6 %, HARD becomes SOFT at 4 %, LOW becomes HARD at 2 %;
 * between the two the state stays what it was. Several steps at once are possible either way.
 */
public enum ReclaimState {
  HIGH(6),
  SOFT(4),
  HARD(2),
  LOW(1);

  private final int percent;

  ReclaimState(int percent) {
    this.percent = percent;
  }

  /** The threshold in percent of all memory. */
  public int percent() {
    return percent;
  }

  /** The threshold in bytes, or whatever unit {@code total} has. */
  public long freeBytes(long total) {
    return total * percent / 100;
  }

  /** The state that follows {@code now} when {@code free} of {@code total} is free. */
  public static ReclaimState next(ReclaimState now, long free, long total) {
    ReclaimState entered = HIGH;
    ReclaimState reached = LOW;
    for (ReclaimState state : values()) {
      if (state != HIGH && free < state.freeBytes(total)) {
        entered = state;
      }
      if (state.compareTo(reached) < 0 && free >= state.freeBytes(total)) {
        reached = state;
      }
    }
    if (entered.compareTo(now) > 0) {
      return entered;
    }
    return reached.compareTo(now) < 0 ? reached : now;
  }
}
