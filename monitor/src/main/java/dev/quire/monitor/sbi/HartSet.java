package dev.quire.monitor.sbi;

import dev.quire.monitor.vcpu.Vcpu;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A VM's harts, as SBI calls name them: by id, or by mask (SBI 2.0, "Hart list parameter"). */
record HartSet(List<Vcpu> vcpus) {
  private static final long ALL = -1;

  /** The hart of that id, or null. */
  @Nullable Vcpu hart(long id) {
    return id >= 0 && id < vcpus.size() ? vcpus.get((int) id) : null;
  }

  /**
   * The harts {@code base + i} for each bit i of {@code mask}, or all if {@code base} is -1; null
   * if one of them does not exist.
   */
  @Nullable List<Vcpu> select(long mask, long base) {
    if (base == ALL) {
      return vcpus;
    }
    if (hart(base) == null) {
      return null;
    }
    List<Vcpu> selected = new ArrayList<>();
    for (long bits = mask; bits != 0; bits &= bits - 1) {
      Vcpu vcpu = hart(base + Long.numberOfTrailingZeros(bits));
      if (vcpu == null) {
        return null;
      }
      selected.add(vcpu);
    }
    return selected;
  }
}
