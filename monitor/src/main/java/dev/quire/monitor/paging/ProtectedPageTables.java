package dev.quire.monitor.paging;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.TableKeeper;
import dev.quire.monitor.paging.V2mPage.PageKey;
import dev.quire.monitor.paging.V2mPage.PageKind;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Protected page tables: the MMU walks the guest's own tables, whose entries hold machine frames.
 * Each of the guest's writes to a table traps and is translated, gfn to hfn; each read traps and is
 * translated back. No write is refused, and what the guest reads is what it wrote.
 *
 * <p>A table is <em>hooked</em> ({@link HookedTables}) when a fault comes through it for the first
 * time, and stays so while something links to it. Roots that no vCPU has in satp are kept, the last
 * {@link #ROOTS} of them. What cannot be expressed in the guest's own tables is served by tables of
 * the monitor's own ({@link V2m}):
 *
 * <ul>
 *   <li>superpages over scattered frames, or over tables, are <em>split</em>. The pieces follow the
 *       guest's entry, every change of which traps.
 *   <li>a table that cannot be hooked, for it is one of another level already, or code, is
 *       <em>viewed</em>: translations found by faults, as a TLB holds them, are dropped at the
 *       guest's next fence.
 * </ul>
 *
 * <p>Invariant: no hardware entry maps the frame of a hooked table; no write of the guest's, by
 * whatever way, reaches one unseen.
 */
public final class ProtectedPageTables extends TrappedPaging implements TableKeeper {
  /** Roots that stay hooked, those in use included. */
  static final int ROOTS = 64;

  /**
   * Trapped accesses to a table without a fault through it in between, after which it is given back
   * to the guest for a while: if no satp leads to it, and in any case.
   */
  private static final int FLOOD_UNREACHABLE = 4;

  private static final int FLOOD = 48;

  /** In {@link PageKey}: tables of views are told apart by a serial number. */
  private static final long VIEW = 1;

  private static final long ROOT_VIEW = 2;

  /** In place of a root's gfn: the table is empty. */
  private static final long NO_GFN = -1;

  private final HookedTables hooked;

  /** By gfn, least recently used first. */
  private final Map<Long, HookedTable> roots = new LinkedHashMap<>(16, 0.75f, true);

  private final List<V2mPage> views = new ArrayList<>();
  private final List<V2mPage> rootViews = new ArrayList<>();
  private long viewSerial;
  private long given;

  ProtectedPageTables(PagingHost host, GuestMemory memory) {
    super(PagingChoice.PROTECTED, host, memory);
    this.hooked = new HookedTables(machine, memory, v2m, tlbs, this::isActive, this::rootGone);
  }

  // ---- roots -----------------------------------------------------------------------------------

  @Override
  long root(AddressSpace space) {
    int level = Space.levels(space.satp) - 1;
    HookedTable table = hooked.hook(space.rootGfn(), level);
    if (table == null) {
      return rootView(space.rootGfn(), level).hfn;
    }
    table.root = true;
    roots.put(table.gfn, table);
    shrinkRoots();
    return table.hfn;
  }

  private V2mPage rootView(long gfn, int level) {
    PageKey key = new PageKey(PageKind.SPACE, gfn, level, ROOT_VIEW);
    V2mPage view = v2m.find(key);
    if (view == null) {
      view = v2m.create(key);
      rootViews.add(view);
    }
    return view;
  }

  private void shrinkRoots() {
    Iterator<HookedTable> oldest = roots.values().iterator();
    while (roots.size() > ROOTS && oldest.hasNext()) {
      HookedTable table = oldest.next();
      if (!isActive(table)) {
        oldest.remove();
        hooked.endRoot(table);
      }
    }
  }

  private boolean isActive(HookedTable table) {
    return table.root && isActiveRoot(table.gfn, table.level);
  }

  private boolean isActiveRoot(long gfn, int level) {
    for (PagedVcpu vcpu : vcpus) {
      AddressSpace space = vcpu.space;
      if (space != null
          && !space.isBare()
          && space.rootGfn() == gfn
          && Space.levels(space.satp) - 1 == level) {
        return true;
      }
    }
    return false;
  }

  /** A root is unhooked: harts that have it in vsatp get an empty one, until their next fault. */
  private void rootGone(HookedTable table) {
    roots.remove(table.gfn);
    V2mPage empty = rootView(NO_GFN, table.level);
    for (PagedVcpu vcpu : vcpus) {
      AddressSpace space = vcpu.space;
      if (space != null && !space.isBare() && space.rootGfn() == table.gfn) {
        long mode = space.satp >>> 60;
        long old = space.vsatp(mode, table.hfn);
        long vsatp = space.vsatp(mode, empty.hfn);
        vcpu.hart.atSafePoint(null, () -> replaceRoot(vcpu.hart.csrs(), old, vsatp));
      }
    }
  }

  /** The hart may run another guest by now: under hgatp Bare, its ASID tells. */
  private static void replaceRoot(Csrs csrs, long old, long vsatp) {
    if (csrs.peek(CsrNumber.HGATP) == 0 && csrs.peek(CsrNumber.VSATP) == old) {
      csrs.poke(CsrNumber.VSATP, vsatp);
    }
  }

  // ---- faults ----------------------------------------------------------------------------------

  @Override
  boolean mustEmulate(long gfn, int kept, int access) {
    HookedTable table = hooked.at(gfn);
    if (table == null) {
      return super.mustEmulate(gfn, kept, access);
    }
    if (access == AccessType.FETCH) {
      // Code in a table that is in use: it is viewed from now on.
      hooked.refuse(gfn, hooked.reachable(table));
      hooked.unhook(table);
      return false;
    }
    table.touches++;
    if (isFlooded(table)) {
      given++;
      hooked.unhook(table);
      return false;
    }
    return true;
  }

  private boolean isFlooded(HookedTable table) {
    if (table.unused()) {
      return true;
    }
    if (table.touches % FLOOD_UNREACHABLE == 0 && !hooked.reachable(table)) {
      return true;
    }
    return table.level == 0 && table.touches >= FLOOD;
  }

  /** The guest changes the table because it uses it: that is no flood. */
  @Override
  void reflecting(GuestWalk walk) {
    HookedTable table =
        walk.lowest < walk.levels ? hooked.at(walk.entryGpa[walk.lowest] >>> SHIFT) : null;
    if (table != null) {
      table.touches = 0;
    }
  }

  @Override
  void map(PagedVcpu vcpu, long gva, int access, int mode) {
    if (hooked.full()) {
      hooked.reset();
    }
    AddressSpace space = current(vcpu);
    int level = Space.levels(space.satp) - 1;
    int seen = hooked.hookings();
    load(vcpu, space);
    boolean done = false;
    while (!done && (seen == hooked.hookings() || walksAgain(vcpu, gva, access, mode))) {
      seen = hooked.hookings();
      HookedTable table = hooked.at(space.rootGfn());
      if (table != null && table.level == level) {
        done = descend(table, gva, vcpu.walk);
      } else {
        mapOwn(rootView(space.rootGfn(), level), gva, vcpu.walk);
        done = true;
      }
    }
  }

  /**
   * A table that was hooked meanwhile may have been written since it was read. If that made a
   * difference, the guest will come to it when it tries again.
   */
  private boolean walksAgain(PagedVcpu vcpu, long gva, int access, int mode) {
    GuestWalk walk = vcpu.walk;
    return walk.walk(vcpu.satp, gva, access, mode) == GuestWalk.OK
        && memory.contains(walk.gpa, 1)
        && hooked.at(walk.gpa >>> SHIFT) == null;
  }

  /**
   * Makes the hardware's entries valid from a root down to the leaf that {@code walk} found; false
   * if a table had to be hooked for that, so that another walk is needed.
   */
  private boolean descend(HookedTable root, long gva, GuestWalk walk) {
    HookedTable table = root;
    memory.frameFor(walk.gpa >>> SHIFT);
    while (true) {
      table.touches = 0;
      int slot = V2mPage.index(gva, table.level);
      HookedTable child = hooked.child(table, slot);
      int seen = hooked.hookings();
      if (child != null) {
        table = child;
      } else if (!expressible(table, slot)) {
        mapAside(table, slot, gva, walk);
        return true;
      } else if (seen != hooked.hookings()) {
        return false;
      } else if (PteBits.isLeaf(hooked.read(table, slot))) {
        return true;
      }
    }
  }

  /** Whether the hardware's entry is valid and stands for the guest's, now at the latest. */
  private boolean expressible(HookedTable table, int slot) {
    long entry = hooked.guestEntry(table, slot);
    if (table.isAside(slot) && !wasReadOnly(table, slot, entry)) {
      return false;
    }
    if ((hooked.read(table, slot) & PteBits.VALID) != 0) {
      return true;
    }
    if (!PteBits.isLeaf(entry)) {
      var _ = hooked.hook(PteBits.address(entry) >>> SHIFT, table.level - 1);
    }
    return hooked.reveal(table, slot);
  }

  /** Whether an entry was set aside because its page was read-only, and now is not. */
  private boolean wasReadOnly(HookedTable table, int slot, long entry) {
    return table.level == 0
        && (entry & PteBits.NAPOT) == 0
        && (hooked.read(table, slot) & PteBits.VALID) == 0
        && !memory.isReadOnly(PteBits.address(entry) >>> SHIFT);
  }

  /** Maps an address below an entry that only the monitor's own tables can serve. */
  private void mapAside(HookedTable table, int slot, long gva, GuestWalk walk) {
    if (hooked.at(walk.gpa >>> SHIFT) != null) {
      return; // on the way it was found to be a table, too
    }
    long entry = hooked.guestEntry(table, slot);
    long bits = leafBits(walk.leaf);
    if (table.level == 0) {
      hooked.mapInPlace(table, slot, walk.gpa >>> SHIFT, allowed(walk.gpa >>> SHIFT, bits));
    } else if (PteBits.isLeaf(entry)) {
      long span = 1L << PteBits.shift(table.level);
      PageKey key = new PageKey(PageKind.DIRECT, walk.gpa & -span, table.level - 1, bits);
      V2mPage page = v2m.findOrCreate(key);
      hooked.linkPage(table, slot, page);
      mapLeaf(page, gva, walk.gpa, bits);
    } else {
      V2mPage page = table.page(slot);
      if (page == null) {
        page = newView(table.level - 1);
        hooked.linkPage(table, slot, page);
      }
      mapOwn(page, gva, walk);
    }
  }

  private V2mPage newView(int level) {
    V2mPage page = v2m.create(new PageKey(PageKind.SPACE, viewSerial++, level, VIEW));
    views.add(page);
    return page;
  }

  /** Maps what {@code walk} found in tables of the monitor's own, which show the guest's. */
  private void mapOwn(V2mPage view, long gva, GuestWalk walk) {
    V2mPage page = view;
    while (page.level() > walk.level) {
      page.used = true;
      int index = V2mPage.index(gva, page.level());
      V2mPage child = childOf(page, index);
      if (child == null) {
        child = newView(page.level() - 1);
        v2m.link(page, index, child, gva & -(1L << PteBits.shift(page.level())));
      }
      page = child;
    }
    mapLeaf(page, gva, walk.gpa, leafBits(walk.leaf));
  }

  private @Nullable V2mPage childOf(V2mPage page, int index) {
    long entry = v2m.read(page, index);
    boolean view = (entry & PteBits.VALID) != 0 && !PteBits.isLeaf(entry);
    V2mPage child = view ? v2m.linked(page, index) : null;
    return child == null || child.isDirect() ? null : child;
  }

  // ---- what is taken back ------------------------------------------------------------------

  /** Views may have become untrue: they are dropped, whatever the fence means. */
  @Override
  void follow(long gva, int asid, boolean byAddress, boolean byAsid) {
    for (V2mPage view : views) {
      hooked.forgetPage(view);
      v2m.destroy(view);
    }
    views.clear();
    for (V2mPage view : rootViews) {
      if (view.valid > 0) {
        v2m.empty(view);
        tlbs.everything();
      }
    }
  }

  @Override
  boolean isNeeded(V2mPage page) {
    PageKey key = page.key;
    return super.isNeeded(page)
        || key.flags() == ROOT_VIEW
            && key.kind() == PageKind.SPACE
            && (key.where() < 0 || isActiveRoot(key.where(), key.level()));
  }

  @Override
  void evict(V2mPage page) {
    hooked.forgetPage(page);
    views.remove(page);
    rootViews.remove(page);
    super.evict(page);
  }

  /** Roots are kept by frame, not by address space. */
  @Override
  void forget(AddressSpace space) {}

  @Override
  void giveUpTables() {
    hooked.reset();
    views.clear();
    rootViews.clear();
  }

  @Override
  void losing(long gfn) {
    HookedTable table = hooked.at(gfn);
    if (table != null) {
      hooked.unhook(table);
    }
    hooked.refuse(gfn, false);
    hooked.hideFrame(gfn);
    tlbs.everything(); // the guest may have dropped mappings of it, and not fenced yet
  }

  /** A hooked table is in use as long as it is hooked; other frames have leaves that say so. */
  @Override
  boolean isMapped(long gfn) {
    return super.isMapped(gfn) || hooked.isReferred(gfn);
  }

  @Override
  void unmap(long gfn) {
    if (hooked.at(gfn) == null) {
      hooked.hideFrame(gfn);
    }
    super.unmap(gfn);
  }

  // ---- the guest's own values --------------------------------------------------------------

  @Override
  public long readEntry(long gpa) {
    return hooked.readEntry(gpa);
  }

  @Override
  public void writeEntry(long gpa, long value) {
    hooked.writeEntry(gpa, value);
  }

  @Override
  public Map<String, Long> statistics() {
    synchronized (memory) {
      Map<String, Long> counts = new LinkedHashMap<>();
      for (int level = 0; level < GuestWalk.MAX_LEVELS; level++) {
        if (hooked.count(level) > 0) {
          counts.put("hookedTablesLevel" + level, (long) hooked.count(level));
        }
      }
      counts.put("roots", (long) roots.size());
      long aside = 0;
      for (HookedTable table : hooked.tables()) {
        aside += table.asideCount();
      }
      counts.put("entriesSetAside", aside);
      counts.put("tablesGivenBack", given);
      v2m.count(counts);
      return counts;
    }
  }
}
