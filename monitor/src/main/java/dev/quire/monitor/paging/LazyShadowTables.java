package dev.quire.monitor.paging;

import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.V2mPage.PageKey;
import dev.quire.monitor.paging.V2mPage.PageKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shadow page tables that follow the guest's as a TLB does: no store to a table traps. Each address
 * space has tables of its own, filled by faults, and emptied by the guest's fences as far as their
 * address and ASID reach.
 *
 * <p>Invariant: a valid entry is compose(guest entry, P2M now), of the guest's entry at some time
 * since the last fence that reached it.
 */
public final class LazyShadowTables extends TrappedPaging {
  /** The pages of each address space, by its machine ASID. */
  private final Map<Integer, List<V2mPage>> pages = new HashMap<>();

  LazyShadowTables(PagingHost host, GuestMemory memory) {
    super(PagingChoice.SHADOW_LAZY, host, memory);
  }

  @Override
  long root(AddressSpace space) {
    return page(space, 0, Space.levels(space.satp) - 1).hfn;
  }

  /** The page of {@code space} that translates from {@code gva}, with entries of {@code level}. */
  private V2mPage page(AddressSpace space, long gva, int level) {
    PageKey key = new PageKey(PageKind.SPACE, gva, level, space.machineAsid);
    V2mPage page = v2m.find(key);
    if (page == null) {
      page = v2m.create(key);
      pages.computeIfAbsent(space.machineAsid, asid -> new ArrayList<>()).add(page);
    }
    return page;
  }

  @Override
  void map(PagedVcpu vcpu, long gva, int access, int mode) {
    GuestWalk walk = vcpu.walk;
    AddressSpace space = current(vcpu);
    V2mPage page = page(space, 0, walk.levels - 1);
    for (int level = walk.levels - 1; level > walk.level; level--) {
      long from = gva & -(1L << PteBits.shift(level));
      V2mPage child = page(space, from, level - 1);
      v2m.link(page, V2mPage.index(gva, level), child, from);
      page.used = true;
      page = child;
    }
    mapLeaf(page, gva, walk.gpa, leafBits(walk.leaf));
  }

  @Override
  void follow(long gva, int asid, boolean byAddress, boolean byAsid) {
    for (AddressSpace space : spaces.select(asid, byAsid)) {
      if (byAddress) {
        drop(space, gva);
      } else {
        pages.getOrDefault(space.machineAsid, List.of()).forEach(this::emptyLeaves);
      }
    }
  }

  /** Drops the guest's leaf that maps {@code gva}. */
  private void drop(AddressSpace space, long gva) {
    V2mPage page =
        v2m.find(new PageKey(PageKind.SPACE, 0, Space.levels(space.satp) - 1, space.machineAsid));
    while (page != null && page.level() > 0) {
      int index = V2mPage.index(gva, page.level());
      long entry = v2m.read(page, index);
      if ((entry & PteBits.VALID) == 0) {
        return;
      }
      if (PteBits.isLeaf(entry) || v2m.linked(page, index).isDirect()) {
        v2m.clear(page, index);
        tlbs.everything(); // they hold it in pieces
        return;
      }
      page = v2m.linked(page, index);
    }
    if (page != null) {
      dropSmall(page, V2mPage.index(gva, 0));
    }
  }

  /** The fence itself takes a 4 KiB leaf out of the TLBs, but not the pieces of a larger one. */
  private void dropSmall(V2mPage page, int index) {
    long entry = v2m.clear(page, index);
    if ((entry & NAPOT_PIECE) != 0) {
      int first = index & -NAPOT_PAGES;
      for (int i = first; i < first + NAPOT_PAGES; i++) {
        v2m.clear(page, i);
      }
      tlbs.everything();
    }
  }

  /** Drops all of the guest's leaves; the pages below stay, for they will be wanted again. */
  private void emptyLeaves(V2mPage page) {
    for (int i = 0; page.valid > 0 && i < V2mPage.ENTRIES; i++) {
      long entry = v2m.read(page, i);
      boolean leaf = PteBits.isLeaf(entry);
      if ((entry & PteBits.VALID) != 0 && (leaf || v2m.linked(page, i).isDirect())) {
        v2m.clear(page, i);
        if (page.level() > 0 || (entry & NAPOT_PIECE) != 0) {
          tlbs.everything();
        }
      }
    }
  }

  @Override
  void forget(AddressSpace space) {
    List<V2mPage> gone = pages.remove(space.machineAsid);
    if (gone != null) {
      gone.forEach(v2m::destroy);
    }
  }

  @Override
  void giveUpTables() {
    pages.clear();
  }

  @Override
  boolean isNeeded(V2mPage page) {
    boolean root = page.key.kind() == PageKind.SPACE && !page.hasParents();
    return root || super.isNeeded(page);
  }

  @Override
  void evict(V2mPage page) {
    if (page.key.kind() == PageKind.SPACE) {
      pages.getOrDefault((int) page.key.flags(), new ArrayList<>()).remove(page);
    }
    super.evict(page);
  }

  @Override
  public Map<String, Long> statistics() {
    synchronized (memory) {
      Map<String, Long> counts = new LinkedHashMap<>();
      v2m.count(counts);
      return counts;
    }
  }
}
