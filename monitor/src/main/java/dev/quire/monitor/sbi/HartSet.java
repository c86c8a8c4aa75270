package dev.quire.monitor.sbi;

import dev.quire.monitor.vcpu.GuestHart;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A VM's harts, as SBI calls name them: by id, or by mask (SBI 2.0, "Hart list parameter"). */
record HartSet(List<? extends GuestHart> harts) {
  private static final long ALL = -1;

  /** The hart of that id, or null. */
  @Nullable GuestHart hart(long id) {
    return id >= 0 && id < harts.size() ? harts.get((int) id) : null;
  }

  /**
   * The harts {@code base + i} for each bit i of {@code mask}, or all if {@code base} is -1; null
   * if one of them does not exist.
   */
  @Nullable List<? extends GuestHart> select(long mask, long base) {
    if (base == ALL) {
      return harts;
    }
    if (hart(base) == null) {
      return null;
    }
    List<GuestHart> selected = new ArrayList<>();
    for (long bits = mask; bits != 0; bits &= bits - 1) {
      GuestHart hart = hart(base + Long.numberOfTrailingZeros(bits));
      if (hart == null) {
        return null;
      }
      selected.add(hart);
    }
    return selected;
  }
}
