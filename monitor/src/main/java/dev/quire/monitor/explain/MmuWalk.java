package dev.quire.monitor.explain;

import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.Mode;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.explain.Outcome.Translated;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page walk as the MMU does it (privileged manual, "Virtual Address Translation Process" and
 * "Two- Stage Address Translation"), all caches empty, that keeps each read of an entry. It changes
 * nothing: where hardware would set A or D, it goes on as if it had.
 *
 * <p>A stage walks its table entry by entry. Where the table's own addresses are guest-physical,
 * the G stage translates the address of each entry first; so both stages are the same method, and
 * one calls itself for the other.
 */
final class MmuWalk {
  private static final int PHYSICAL_BITS = 56;

  /**
   * One table to walk.
   *
   * @param inner the stage that translates the addresses of this one's entries, or null
   * @param from the kind of address that it translates
   */
  private record Stage(
      TableRole role,
      int levels,
      long root,
      AddressKind from,
      AddressKind to,
      @Nullable Stage inner,
      int mode,
      boolean updatesAd,
      boolean pbmt) {
    boolean second() {
      return role == TableRole.P2M;
    }

    /** Two more in the G stage, whose root is four times as large. */
    int addressBits() {
      return PteBits.shift(levels) + (second() ? 2 : 0);
    }

    int index(long address, int level) {
      int mask = second() && level == levels - 1 ? 2047 : 511;
      return (int) (address >>> PteBits.shift(level)) & mask;
    }
  }

  /** What a stage gave: an address, the leaf's size, and the leaf with A and D as they are then. */
  private record Leaf(long address, int shift, long entry) {
    /** An address that no table translates. */
    static Leaf bare(long address) {
      long all = PteBits.READ | PteBits.WRITE | PteBits.EXECUTE | PteBits.DIRTY | PteBits.USER;
      return new Leaf(address, Translated.NOT_TRANSLATED, all);
    }

    boolean has(int bit) {
      return (entry & bit) != 0;
    }

    boolean writable() {
      return has(PteBits.WRITE) && has(PteBits.DIRTY);
    }
  }

  /** A reference, and what it shows of which caches save it. */
  private record Draft(Reference reference, EnumSet<Cache> savedBy) {}

  /** The walk ends in a trap. */
  private static final class Trap extends Exception {
    private static final long serialVersionUID = 1;
    final transient Outcome.Fault fault;

    Trap(Outcome.Fault fault) {
      super(fault.why(), null, false, false);
      this.fault = fault;
    }
  }

  private final TableReader tables;
  private final Access access;
  private final Stage first;
  private final @Nullable Stage second;
  private final List<Draft> drafts = new ArrayList<>();

  /**
   * @param tables at hpas, or at gpas if there is no G stage and the table's addresses are the
   *     guest's
   * @param role of the first stage's table
   * @param to what the first stage's entries hold: gpas, or hpas
   */
  MmuWalk(
      TableReader tables, MmuRegisters registers, TableRole role, AddressKind to, Access access) {
    this.tables = tables;
    this.access = access;
    this.second = Space.levels(registers.hgatp()) == 0 ? null : gStage(registers);
    this.first =
        new Stage(
            role,
            Space.levels(registers.atp()),
            Space.root(registers.atp()),
            AddressKind.GVA,
            to,
            second,
            registers.mode(),
            registers.updatesAd(),
            registers.pbmt());
  }

  private static Stage gStage(MmuRegisters registers) {
    return new Stage(
        TableRole.P2M,
        Space.levels(registers.hgatp()),
        Space.root(registers.hgatp()) & -(4L << 12),
        AddressKind.GPA,
        AddressKind.HPA,
        null,
        Privilege.U | (registers.gMxr() ? Mode.MXR : 0),
        registers.gUpdatesAd(),
        registers.gPbmt());
  }

  /** Translates {@code gva}; once. */
  Outcome translate(long gva) {
    try {
      Leaf leaf = first.levels() == 0 ? bare(gva) : walk(first, gva, access);
      long gpa = first.to() == AddressKind.GPA ? leaf.address() : Reference.NONE;
      Leaf last = second == null ? Leaf.bare(leaf.address()) : walk(second, leaf.address(), access);
      drafts.forEach(draft -> draft.savedBy.add(Cache.L2_TLB));
      return new Translated(
          gpa,
          last.address(),
          leaf.shift(),
          last.shift(),
          leaf.has(PteBits.READ) && last.has(PteBits.READ),
          leaf.writable() && last.writable(),
          leaf.has(PteBits.EXECUTE) && last.has(PteBits.EXECUTE),
          leaf.has(PteBits.USER));
    } catch (Trap trap) {
      return trap.fault;
    } finally {
      markVsWalkCache();
    }
  }

  List<Reference> references() {
    return drafts.stream().map(Draft::reference).toList();
  }

  private Leaf bare(long gva) throws Trap {
    if (second == null && gva >>> PHYSICAL_BITS != 0) {
      throw accessFault(first, -1, gva, "no physical address is wider than 56 bits");
    }
    return Leaf.bare(gva);
  }

  private Leaf walk(Stage stage, long from, Access how) throws Trap {
    checkWidth(stage, from);
    int start = drafts.size();
    boolean complete = false;
    try {
      long table = stage.root();
      for (int level = stage.levels() - 1; ; level--) {
        int index = stage.index(from, level);
        long at = table + 8L * index;
        Leaf place = stage.inner() == null ? Leaf.bare(at) : walk(stage.inner(), at, Access.LOAD);
        if (!tables.contains(place.address())) {
          throw accessFault(stage, level, from, "its table is not in memory");
        }
        long pte = tables.read(place.address());
        Draft draft = draft(stage, level, at, place.address(), pte, from);
        drafts.add(draft);
        if (PteBits.faults(pte, level, true, stage.pbmt())) {
          throw pageFault(stage, level, from, EntryFault.malformed(pte, level, stage.pbmt()));
        }
        if (PteBits.isLeaf(pte)) {
          Leaf leaf = leaf(stage, level, from, how, pte, place, at);
          complete = true;
          return leaf;
        }
        if (level == 0) {
          throw pageFault(stage, level, from, "an entry of level 0 cannot point to a table");
        }
        table = PteBits.address(pte);
      }
    } finally {
      if (stage.second()) {
        markGStage(start, complete);
      }
    }
  }

  private void checkWidth(Stage stage, long from) throws Trap {
    int bits = stage.addressBits();
    if (stage.second() ? from >>> bits != 0 : !PteBits.canonical(from, stage.levels())) {
      String why =
          stage.second()
              ? "the gpa has more than " + bits + " bits"
              : "bits 63 to " + bits + " of the gva are not copies of bit " + (bits - 1);
      throw pageFault(stage, -1, from, why);
    }
  }

  private Leaf leaf(Stage stage, int level, long from, Access how, long pte, Leaf place, long at)
      throws Trap {
    if (!Mode.permits(pte, how.type(), stage.mode())) {
      throw pageFault(
          stage, level, from, EntryFault.forbidden(pte, how, stage.mode(), stage.second()));
    }
    long updated = pte | PteBits.accessedDirty(how.type());
    if (updated != pte) {
      if (!stage.updatesAd()) {
        throw pageFault(stage, level, from, EntryFault.unmarked(pte));
      }
      if (stage.inner() != null && !place.writable()) {
        var _ = walk(stage.inner(), at, Access.STORE);
      }
    }
    return new Leaf(target(pte, level, from), PteBits.shift(pte, level), updated);
  }

  private static long target(long pte, int level, long from) {
    long offset = (1L << PteBits.shift(pte, level)) - 1;
    return PteBits.address(pte) & ~offset | from & offset;
  }

  private Draft draft(Stage stage, int level, long at, long place, long pte, long from) {
    boolean good = !PteBits.faults(pte, level, true, stage.pbmt());
    boolean leaf = good && PteBits.isLeaf(pte);
    long to = leaf ? target(pte, level, from) : PteBits.address(pte);
    EnumSet<Cache> savedBy = EnumSet.noneOf(Cache.class);
    Reference reference =
        new Reference(
            drafts.size() + 1,
            stage.role(),
            level,
            stage.index(from, level),
            tables.hpa(place),
            stage.to() == AddressKind.GPA ? at : Reference.NONE,
            pte,
            from,
            stage.from(),
            good ? to : Reference.NONE,
            stage.to(),
            leaf,
            Collections.unmodifiableSet(savedBy));
    return new Draft(reference, savedBy);
  }

  // ---- caches ------------------------------------------------------------------------------

  /** The walk cache knows all tables that the walk came to; the nested TLB its result. */
  private void markGStage(int start, boolean complete) {
    for (int i = start; i < drafts.size(); i++) {
      if (i < drafts.size() - 1) {
        drafts.get(i).savedBy.add(Cache.G_WALK_CACHE);
      }
      if (complete) {
        drafts.get(i).savedBy.add(Cache.NESTED_TLB);
      }
    }
  }

  /** Knows the hpa of the table whose entry the first stage read last. */
  private void markVsWalkCache() {
    int last = drafts.size() - 1;
    while (last >= 0 && drafts.get(last).reference.table() != first.role()) {
      last--;
    }
    for (int i = 0; i < last; i++) {
      drafts.get(i).savedBy.add(Cache.VS_WALK_CACHE);
    }
  }

  // ---- faults ------------------------------------------------------------------------------

  private Trap pageFault(Stage stage, int level, long address, String why) {
    int cause = stage.second() ? access.guestPageFault() : access.pageFault();
    String name = access.word() + (stage.second() ? " guest-page fault" : " page fault");
    return new Trap(new Outcome.Fault(cause, name, stage.role(), level, address, why));
  }

  private Trap accessFault(Stage stage, int level, long address, String why) {
    String name = access.word() + " access fault";
    return new Trap(
        new Outcome.Fault(access.accessFault(), name, stage.role(), level, address, why));
  }
}
