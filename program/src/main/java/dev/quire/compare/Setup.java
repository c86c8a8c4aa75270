package dev.quire.compare;

import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;

/**
 * One row of a comparison: how a guest's memory is virtualized, on which MMU.
 *
 * @param caches which of the walk caches are off, as a reader names them; empty if that is not what
 *     is compared
 */
public record Setup(PagingChoice paging, MmuConfig mmu, String caches) {
  /** What the row is called. */
  public String label() {
    return caches.isEmpty() ? paging.word() : paging.word() + ", " + caches;
  }

  /** Each of the methods on the same MMU. */
  public static List<Setup> ofMethods(List<PagingChoice> methods, MmuConfig mmu) {
    return methods.stream().map(paging -> new Setup(paging, mmu, "")).toList();
  }

  /** Each of the methods with all walk caches, without each of them, and without any. */
  public static List<Setup> ofCaches(List<PagingChoice> methods, MmuConfig mmu) {
    int l1 = mmu.l1();
    int l2 = mmu.l2();
    int vs = mmu.vsWalkCache();
    int g = mmu.gWalkCache();
    int nested = mmu.nested();
    List<Setup> setups = new ArrayList<>();
    for (PagingChoice paging : methods) {
      setups.add(new Setup(paging, mmu, "all caches"));
      setups.add(new Setup(paging, new MmuConfig(l1, l2, 0, g, nested), "no vspwc"));
      setups.add(new Setup(paging, new MmuConfig(l1, l2, vs, 0, nested), "no gpwc"));
      setups.add(new Setup(paging, new MmuConfig(l1, l2, vs, g, 0), "no nested TLB"));
      setups.add(new Setup(paging, new MmuConfig(l1, l2, 0, 0, 0), "no caches"));
    }
    return setups;
  }
}
