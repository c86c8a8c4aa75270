package dev.quire.monitor.paging;

import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.TableKeeper;
import dev.quire.monitor.paging.V2mPage.PageKey;
import dev.quire.monitor.paging.V2mPage.PageKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shadow page tables: the guest keeps its V2P, the monitor composes it with the P2M into the V2M
 * that the MMU walks. For each of the guest's tables in use, and each level it is used at, there is
 * one shadow page, kept while other address spaces run.
 *
 * <p>A table that has a shadow page is write-protected. <b>Eager</b>: every store to it traps, is
 * emulated, and brings its entry up to date. <b>Unsync</b>: at the first store a leaf table becomes
 * writable, and is compared with its shadow at the guest's fences; tables above stay protected.
 *
 * <p>Invariant: a valid shadow entry is compose(guest entry, P2M now), of the guest's entry now or,
 * while a table is out of sync, at the last fence that reached it.
 */
public final class ShadowPageTables extends TrappedPaging implements TableKeeper {
  /** Stores to a table without a fault through it in between, after which it is taken for data. */
  private static final int FLOOD = 32;

  /** Tables that may be out of sync at a time: every fence looks at them. */
  private static final int MANY_UNSYNC = 64;

  /** Full fences that find a table unchanged, after which it is protected again. */
  private static final int CALM = 4;

  /** A guest's table, and its shadow pages. */
  private static final class Table {
    final long gfn;
    final List<V2mPage> shadows = new ArrayList<>(1);

    /** Stores since the last fault that came through. */
    int stores;

    /** Whether the guest may write it; then its one shadow is of level 0. */
    boolean unsync;

    int calm;

    /** While out of sync: what the valid shadow entries were made from. */
    long @Nullable [] entries;

    Table(long gfn) {
      this.gfn = gfn;
    }
  }

  private final boolean unsyncs;
  private final Map<Long, Table> tables = new HashMap<>();
  private final List<Table> unsyncTables = new ArrayList<>();

  /** Counted for {@link #statistics}. */
  private long floods;

  /** Eager or unsync, by {@code choice}. */
  ShadowPageTables(PagingChoice choice, PagingHost host, GuestMemory memory) {
    super(choice, host, memory);
    this.unsyncs = choice == PagingChoice.SHADOW_UNSYNC;
  }

  // ---- tables and their shadows ------------------------------------------------------------

  @Override
  long root(AddressSpace space) {
    long gfn = space.rootGfn();
    if (!memory.contains(gfn << SHIFT, 1L << SHIFT)) {
      return v2m.findOrCreate(new PageKey(PageKind.SPACE, 0, 0, 0))
          .hfn; // empty: every access comes here
    }
    return shadow(gfn, Space.levels(space.satp) - 1).hfn;
  }

  /** The shadow page of a guest's table, which is protected from now on. */
  private V2mPage shadow(long gfn, int level) {
    var _ = memory.frameToWrite(gfn); // ends sharing, and with it what is known of the frame
    PageKey key = new PageKey(PageKind.TABLE, gfn, level, 0);
    V2mPage page = v2m.find(key);
    if (page != null) {
      return page;
    }
    page = v2m.create(key);
    Table table = tables.get(gfn);
    if (table == null) {
      table = new Table(gfn);
      tables.put(gfn, table);
      protect(table);
    } else if (table.unsync) {
      resynchronise(table);
    }
    table.shadows.add(page);
    return page;
  }

  private void protect(Table table) {
    memory.setKept(table.gfn, GuestMemory.OWN_WRITES);
    v2m.writeProtect(table.gfn);
    tlbs.finish();
  }

  /** Forgets a table, which becomes ordinary memory. */
  private void giveUp(Table table) {
    for (V2mPage page : table.shadows) {
      v2m.destroy(page);
    }
    forget(table);
  }

  private void forget(Table table) {
    tables.remove(table.gfn);
    if (table.unsync) {
      unsyncTables.remove(table);
    }
    memory.setKept(table.gfn, 0);
  }

  @Override
  void giveUpTables() {
    for (Table table : List.copyOf(tables.values())) {
      giveUp(table);
    }
  }

  @Override
  boolean isNeeded(V2mPage page) {
    if (page.key.kind() != PageKind.TABLE) {
      return page.key.kind() == PageKind.SPACE || super.isNeeded(page);
    }
    return isRoot(page);
  }

  private boolean isRoot(V2mPage page) {
    for (PagedVcpu vcpu : vcpus) {
      AddressSpace space = vcpu.space;
      if (space != null
          && space.rootGfn() == page.key.where()
          && Space.levels(space.satp) - 1 == page.level()) {
        return true;
      }
    }
    return false;
  }

  @Override
  void evict(V2mPage page) {
    v2m.destroy(page);
    Table table = page.key.kind() == PageKind.TABLE ? tables.get(page.key.where()) : null;
    if (table != null) {
      table.shadows.remove(page);
      if (table.shadows.isEmpty()) {
        forget(table);
      }
    }
  }

  /** Shadow pages belong to tables, not to address spaces. */
  @Override
  void forget(AddressSpace space) {}

  // ---- faults ------------------------------------------------------------------------------

  /** A store to a table is emulated, unless it is a leaf table that may go out of sync. */
  @Override
  boolean mustEmulate(long gfn, int kept, int access) {
    if (!super.mustEmulate(gfn, kept, access)) {
      return false;
    }
    Table table = tables.get(gfn);
    if (table == null || !unsyncs || table.shadows.size() != 1) {
      return true;
    }
    if (table.shadows.getFirst().level() != 0) {
      return true;
    }
    release(table);
    return false;
  }

  @Override
  void map(PagedVcpu vcpu, long gva, int access, int mode) {
    GuestWalk walk = vcpu.walk;
    V2mPage page = descend(walk, current(vcpu).rootGfn(), gva);
    while (page == null) {
      // Tables that were not protected until now may have been written since they were read.
      if (walk.walk(vcpu.satp, gva, access, mode) != GuestWalk.OK
          || !memory.contains(walk.gpa, 1)) {
        return; // the guest meets the change when it tries again
      }
      page = descend(walk, current(vcpu).rootGfn(), gva);
    }
    long leaf = walk.leaf;
    if (walk.level == 0) {
      remember(page, V2mPage.index(gva, 0), leaf);
    }
    mapLeaf(page, gva, walk.gpa, leafBits(leaf));
  }

  /** The shadow page of the leaf's table, linked from the root; null if tables were protected. */
  private @Nullable V2mPage descend(GuestWalk walk, long rootGfn, long gva) {
    int before = tables.size();
    V2mPage page = shadow(rootGfn, walk.levels - 1);
    touch(page);
    for (int level = walk.levels - 1; level > walk.level; level--) {
      long gfn = PteBits.address(walk.entry[level]) >>> SHIFT;
      V2mPage child = shadow(gfn, level - 1);
      v2m.link(page, V2mPage.index(gva, level), child, gva & -(1L << PteBits.shift(level)));
      page = child;
      touch(page);
    }
    return tables.size() == before ? page : null;
  }

  private void touch(V2mPage page) {
    page.used = true;
    Table table = tables.get(page.key.where());
    if (table != null) {
      table.stores = 0;
    }
  }

  private void remember(V2mPage page, int index, long entry) {
    Table table = tables.get(page.key.where());
    if (table != null && table.entries != null) {
      table.entries[index] = entry;
    }
  }

  // ---- stores to tables --------------------------------------------------------------------

  @Override
  public long readEntry(long gpa) {
    return machine.readLong(hpa(gpa));
  }

  private long hpa(long gpa) {
    return (memory.frameFor(gpa >>> SHIFT) << SHIFT) + (gpa & (1 << SHIFT) - 1);
  }

  @Override
  public void writeEntry(long gpa, long value) {
    long hpa = hpa(gpa);
    long old = machine.readLong(hpa);
    machine.writeLong(hpa, value);
    Table table = tables.get(gpa >>> SHIFT);
    if (table == null) {
      return;
    }
    if (isData(table)) {
      floods++;
      giveUp(table);
    } else if (old != value) {
      int index = (int) (gpa >>> 3) & V2mPage.ENTRIES - 1;
      for (V2mPage page : table.shadows) {
        update(page, index, old, value);
      }
    }
    finishFlush();
  }

  /** Whether a table that is being written seems to be one no more. */
  private boolean isData(Table table) {
    boolean linked = false;
    for (V2mPage page : table.shadows) {
      if (isRoot(page)) {
        return false;
      }
      linked |= page.hasParents();
    }
    return ++table.stores > FLOOD || !linked && table.stores > 1;
  }

  /** The guest's entry {@code index} was {@code old} and is {@code now}: its shadow follows. */
  private void update(V2mPage page, int index, long old, long now) {
    long shadow = v2m.clear(page, index);
    boolean mapped = (shadow & PteBits.VALID) != 0;
    if (mapped && PteBits.isLeaf(old) && (page.level() > 0 || old < 0)) {
      // The guest fences one address of a leaf that the TLBs hold in pieces.
      tlbs.everything();
    }
    if (page.level() == 0 && isReady(now)) {
      mapLeaf(page, page.gvaOf(index), PteBits.address(now), leafBits(now));
    }
  }

  /** Whether a 4 KiB leaf can be brought in before anybody asks for it, at no cost. */
  private boolean isReady(long leaf) {
    if (PteBits.faults(leaf, 0, true, true)
        || !PteBits.isLeaf(leaf)
        || (leaf & PteBits.ACCESSED) == 0
        || leaf < 0) {
      return false;
    }
    long gfn = PteBits.address(leaf) >>> SHIFT;
    return memory.populatedFrame(gfn) >= 0 && !memory.awaitsTouch(gfn);
  }

  // ---- out of sync -------------------------------------------------------------------------

  /** Lets the guest write a leaf table. */
  private void release(Table table) {
    long[] entries = table.entries;
    if (entries == null) {
      entries = new long[V2mPage.ENTRIES];
      table.entries = entries;
    }
    long hpa = hpa(table.gfn << SHIFT);
    for (int i = 0; i < V2mPage.ENTRIES; i++) {
      entries[i] = machine.readLong(hpa + 8L * i);
    }
    table.unsync = true;
    table.calm = 0;
    unsyncTables.add(table);
    memory.setKept(table.gfn, 0);
    if (unsyncTables.size() > MANY_UNSYNC) {
      resynchronise(unsyncTables.getFirst());
    }
  }

  /** Protects a table and brings its shadow up to date. */
  private void resynchronise(Table table) {
    unsyncTables.remove(table);
    table.unsync = false;
    protect(table);
    compare(table, 0, V2mPage.ENTRIES);
    table.entries = null;
  }

  /** Brings the shadow of entries {@code from} to {@code to} up to date; whether any changed. */
  private boolean compare(Table table, int from, int to) {
    V2mPage page = table.shadows.getFirst();
    long[] entries = table.entries;
    if (entries == null || page.valid == 0) {
      return false;
    }
    boolean changed = false;
    long hpa = hpa(table.gfn << SHIFT);
    for (int i = from; i < to; i++) {
      if ((v2m.read(page, i) & PteBits.VALID) != 0) {
        long now = machine.readLong(hpa + 8L * i);
        if (now != entries[i]) {
          update(page, i, entries[i], now);
          entries[i] = now;
          changed = true;
        }
      }
    }
    return changed;
  }

  @Override
  void follow(long gva, int asid, boolean byAddress, boolean byAsid) {
    if (byAddress) {
      int index = V2mPage.index(gva, 0) & -NAPOT_PAGES;
      for (int i = 0; i < unsyncTables.size(); i++) {
        var _ = compare(unsyncTables.get(i), index, index + NAPOT_PAGES);
      }
      return;
    }
    for (Table table : List.copyOf(unsyncTables)) {
      if (compare(table, 0, V2mPage.ENTRIES)) {
        table.calm = 0;
      } else if (!table.shadows.getFirst().hasParents()) {
        giveUp(table);
      } else if (++table.calm >= CALM) {
        resynchronise(table);
      }
    }
  }

  // ---- the rest ----------------------------------------------------------------------------

  /** The table in a frame that goes away is looked at afresh when it is needed again. */
  @Override
  void losing(long gfn) {
    Table table = tables.get(gfn);
    if (table == null) {
      return;
    }
    for (V2mPage page : List.copyOf(table.shadows)) {
      if (isRoot(page)) {
        v2m.empty(page);
        tlbs.everything();
      } else {
        table.shadows.remove(page);
        v2m.destroy(page);
      }
    }
    if (table.shadows.isEmpty()) {
      forget(table);
    }
  }

  @Override
  public Map<String, Long> statistics() {
    synchronized (memory) {
      Map<String, Long> counts = new LinkedHashMap<>();
      counts.put("guestTables", (long) tables.size());
      counts.put("outOfSync", (long) unsyncTables.size());
      counts.put("floods", floods);
      v2m.count(counts);
      return counts;
    }
  }
}
