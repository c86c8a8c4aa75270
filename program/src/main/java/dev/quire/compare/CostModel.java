package dev.quire.compare;

import dev.quire.run.Counters;
import java.util.Locale;

/**
 * What a run would cost in cycles on a processor that Quire assumes: one cycle for an instruction,
 * and more for what memory virtualization adds. The defaults are assumptions of Quire's own, not
 * figures of any hardware; their ratios are what a comparison depends on.
 *
 * @param referenceCycles for a page-table entry that a walk reads: mostly a hit of a cache
 * @param l2HitCycles for a translation that misses the L1 TLB and hits the L2 TLB
 * @param exitCycles for an exit to the monitor and back, with what it does there
 */
public record CostModel(long referenceCycles, long l2HitCycles, long exitCycles) {
  public static final CostModel DEFAULT = new CostModel(20, 4, 2000);

  /** Estimated cycles; exits that the clock's slices cause cost nothing. */
  public long cycles(Counters counters) {
    return counters.instructions()
        + referenceCycles * counters.walks().references()
        + l2HitCycles * counters.walks().l2Hits()
        + exitCycles * counters.causedExits();
  }

  /** The model as a formula. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "cycles = instructions + %,d x references + %,d x L2 TLB hits + %,d x exits",
        referenceCycles,
        l2HitCycles,
        exitCycles);
  }
}
