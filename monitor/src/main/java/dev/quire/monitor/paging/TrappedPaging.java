package dev.quire.monitor.paging;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.PteBits;
import dev.quire.machine.mmu.Space;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageWatcher.Change;
import dev.quire.monitor.paging.V2mPage.PageKey;
import dev.quire.monitor.paging.V2mPage.PageKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What the methods have in common that give the MMU one table from gva to hpa: hgatp is Bare, vsatp
 * is the monitor's to choose, the guest's satp and fences are trapped (hstatus.VTVM), and page
 * faults come here first.
 *
 * <p>A page fault is resolved by walking the guest's own table in software. Either the guest's hart
 * would have faulted too; or it is brought into the table that the MMU walks what was missing; or
 * the access must be emulated, because a device is there, or a page table that the method keeps.
 *
 * <p>Since VMID is 0 for every VM here, address spaces are told apart by ASIDs of the machine
 * ({@link MachineAsids}), and no entry that the MMU sees has G. A guest that does not translate
 * (Bare) gets tables that map gva = gpa, one for VS-mode and one with U set for VU-mode.
 */
public abstract sealed class TrappedPaging implements PagingMethod
    permits ShadowPageTables, LazyShadowTables, ProtectedPageTables {
  /** What is to be done about a page fault. */
  public enum Outcome {
    /** The guest tries again. */
    RETRY,
    /** The guest's hart would have met a page fault. */
    PAGE_FAULT,
    /** The guest's hart would have met an access fault. */
    ACCESS_FAULT,
    /** The monitor performs the instruction: a device or a kept table is accessed. */
    EMULATE
  }

  static final int SHIFT = PhysicalMemory.FRAME_SHIFT;

  /** Exceptions that the guest handles alone; page faults are not among them. */
  private static final long DELEGATED = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 8;

  private static final long H_VTVM = 1L << 20;
  private static final long ADUE = 1L << 61;
  private static final long SV39 = 8;

  /** Faults without an instruction completed in between, after which the TLBs are suspect. */
  private static final int MANY_FAULTS = 4;

  /** Levels of the tables for Bare: Sv39, enough for RAM below 256 GiB. */
  private static final int BARE_LEVELS = 3;

  /** Pages of the monitor's tables that are kept, beside one for every so many guest frames. */
  private static final int LEAST_PAGES = 1024;

  private static final int FRAMES_A_PAGE = 128;

  /** 4 KiB pages in the one size of NAPOT leaf, which a fence of any of its addresses means. */
  static final int NAPOT_PAGES = 16;

  /** In an entry of ours, where software may keep a bit: the guest's leaf is a NAPOT one. */
  static final long NAPOT_PIECE = 1 << 8;

  private static final int[] NO_ASIDS = {};

  private static final long LEAF_BITS =
      PteBits.VALID
          | PteBits.READ
          | PteBits.WRITE
          | PteBits.EXECUTE
          | PteBits.USER
          | PteBits.ACCESSED
          | PteBits.DIRTY
          | PteBits.PBMT;

  private final PagingChoice choice;
  final PhysicalMemory machine;
  final GuestMemory memory;
  final TlbShootdown tlbs = new TlbShootdown();
  final AddressSpaces spaces;
  final List<PagedVcpu> vcpus = new ArrayList<>();
  final V2m v2m;
  private final List<Hart> harts = new ArrayList<>();

  /** Found accessed, while a look goes on. */
  private final List<Long> accessedGfns = new ArrayList<>();

  TrappedPaging(PagingChoice choice, PagingHost host, GuestMemory memory) {
    this.choice = choice;
    this.machine = host.memory();
    this.memory = memory;
    this.spaces = new AddressSpaces(host.asids());
    int limit = LEAST_PAGES + (int) (memory.size() >>> SHIFT) / FRAMES_A_PAGE;
    this.v2m = new V2m(machine, host.frames(), memory, tlbs, limit);
  }

  @Override
  public final PagingChoice choice() {
    return choice;
  }

  // ---- vCPUs come and go -------------------------------------------------------------------

  @Override
  public final void attach(PagedVcpu vcpu) {
    synchronized (memory) {
      Csrs csrs = vcpu.hart.csrs();
      csrs.poke(CsrNumber.HEDELEG, DELEGATED);
      csrs.poke(CsrNumber.HGATP, 0);
      csrs.poke(CsrNumber.HSTATUS, csrs.peek(CsrNumber.HSTATUS) | H_VTVM);
      csrs.poke(CsrNumber.HENVCFG, csrs.peek(CsrNumber.HENVCFG) & ~ADUE);
      if (!vcpus.contains(vcpu)) {
        vcpus.add(vcpu);
        harts.add(vcpu.hart);
        tlbs.add(vcpu.hart);
        tlbs.everything();
      }
      enter(vcpu, vcpu.satp);
    }
  }

  @Override
  public final void detach() {
    synchronized (memory) {
      giveUpTables();
      for (PagedVcpu vcpu : vcpus) {
        vcpu.space = null;
      }
      v2m.close();
      spaces.clear();
    }
  }

  /** Makes every table of the guest's ordinary memory again. */
  abstract void giveUpTables();

  // ---- address spaces ----------------------------------------------------------------------

  @Override
  public final long satp(PagedVcpu vcpu) {
    return vcpu.satp;
  }

  @Override
  public final void setSatp(PagedVcpu vcpu, long satp) {
    if (Space.levels(satp) == 0 && satp >>> 60 != 0) {
      return;
    }
    synchronized (memory) {
      if (vcpu.satp != satp || vcpu.space == null) {
        enter(vcpu, satp);
      }
    }
  }

  private void enter(PagedVcpu vcpu, long satp) {
    vcpu.satp = satp;
    load(vcpu, spaces.of(Space.levels(satp) == 0 ? AddressSpace.BARE : satp));
    trimSpaces();
    finishFlush();
  }

  /** Points the vCPU's vsatp to what the MMU shall walk for {@code space}. */
  final void load(PagedVcpu vcpu, AddressSpace space) {
    vcpu.space = space;
    long vsatp =
        space.isBare()
            ? space.vsatp(SV39, bareRoot(space).hfn)
            : space.vsatp(space.satp >>> 60, root(space));
    vcpu.hart.csrs().poke(CsrNumber.VSATP, vsatp);
  }

  /** The frame of the table that the MMU begins with, for a guest that translates. */
  abstract long root(AddressSpace space);

  private void trimSpaces() {
    for (AddressSpace space = spaces.surplus(this::isActive);
        space != null;
        space = spaces.surplus(this::isActive)) {
      forget(space);
      tlbs.everything();
      tlbs.finish();
      spaces.remove(space);
    }
  }

  /** Lets go of what is held for an address space alone. */
  abstract void forget(AddressSpace space);

  final boolean isActive(AddressSpace space) {
    for (PagedVcpu vcpu : vcpus) {
      if (vcpu.space == space) {
        return true;
      }
    }
    return false;
  }

  @Override
  public final TlbFence fence(long gva, int asid, boolean byAddress, boolean byAsid) {
    synchronized (memory) {
      follow(gva, asid, byAddress, byAsid);
      finishFlush();
      int[] asids = byAsid ? spaces.machineAsids(asid) : NO_ASIDS;
      return new TlbFence(gva, asids, byAddress, byAsid);
    }
  }

  /** Makes the MMU's tables follow the guest's as far as a fence reaches, or farther. */
  abstract void follow(long gva, int asid, boolean byAddress, boolean byAsid);

  // ---- page faults -------------------------------------------------------------------------

  /**
   * A vCPU met a page fault at {@code gva}. Throws {@link dev.quire.monitor.memory.OutOfFrames}.
   *
   * @param access one of {@link AccessType}
   * @param mode from {@link GuestWalk#mode}
   */
  public final Outcome pageFault(PagedVcpu vcpu, long gva, int access, int mode) {
    synchronized (memory) {
      makeRoom();
      flushIfStuck(vcpu);
      GuestWalk walk = vcpu.walk;
      int walked = walk.walk(vcpu.satp, gva, access, mode);
      if (walked != GuestWalk.OK) {
        reflecting(walk);
        return walked == GuestWalk.PAGE_FAULT ? Outcome.PAGE_FAULT : Outcome.ACCESS_FAULT;
      }
      if (!memory.contains(walk.gpa, 1)) {
        return access == AccessType.FETCH ? Outcome.ACCESS_FAULT : Outcome.EMULATE;
      }
      int kept = memory.kept(walk.gpa >>> SHIFT);
      if (kept != 0 && mustEmulate(walk.gpa >>> SHIFT, kept, access)) {
        return Outcome.EMULATE;
      }
      memory.touch(walk.gpa >>> SHIFT);
      if (access == AccessType.STORE) {
        Change why = GuestWalk.isUser(mode) ? Change.PROGRAM_STORE : Change.STORE;
        var _ = memory.frameToWrite(walk.gpa >>> SHIFT, why);
      }
      if (walk.levels == 0) {
        mapBare(vcpu, gva, mode);
      } else {
        map(vcpu, gva, access, mode);
      }
      finishFlush();
      return Outcome.RETRY;
    }
  }

  /**
   * A guest that changed a link and did not fence may stand at entries that nobody fills any more.
   */
  private void flushIfStuck(PagedVcpu vcpu) {
    long completed = vcpu.hart.completed();
    vcpu.faultsInPlace = completed == vcpu.faultedAt ? vcpu.faultsInPlace + 1 : 0;
    vcpu.faultedAt = completed;
    if (vcpu.faultsInPlace >= MANY_FAULTS) {
      vcpu.hart.mmu().fenceVvma(0, 0, false, false);
    }
  }

  /** The guest's own hart would have faulted where {@code walk} ended. */
  void reflecting(GuestWalk walk) {}

  /** Whether an access to a kept frame is the monitor's to perform; may also let the frame go. */
  boolean mustEmulate(long gfn, int kept, int access) {
    return (kept & (access == AccessType.STORE ? GuestMemory.OWN_WRITES : GuestMemory.OWN_READS))
        != 0;
  }

  /** Brings in what {@code vcpu.walk} found for {@code gva}. */
  abstract void map(PagedVcpu vcpu, long gva, int access, int mode);

  private void makeRoom() {
    if (!v2m.isFull()) {
      return;
    }
    for (V2mPage page : v2m.victims(this::isNeeded)) {
      evict(page);
    }
    finishFlush();
  }

  /** Whether the MMU may start at that page, so that it cannot go. */
  boolean isNeeded(V2mPage page) {
    return page.isDirect() && page.level() == BARE_LEVELS - 1;
  }

  void evict(V2mPage page) {
    v2m.destroy(page);
  }

  void finishFlush() {
    v2m.finishFlush();
  }

  // ---- leaves ------------------------------------------------------------------------------

  /**
   * What the MMU may be given of a guest's leaf: no G, no N, nothing of software's, and W only if
   * the page is dirty, so that the first store comes here. A piece of a NAPOT leaf is marked.
   */
  static long leafBits(long leaf) {
    long bits = leaf & LEAF_BITS | (leaf < 0 ? NAPOT_PIECE : 0);
    return (bits & PteBits.DIRTY) != 0 ? bits : bits & ~(long) PteBits.WRITE;
  }

  /**
   * The same, without W if stores to {@code gfn} are the monitor's, or change a page that is
   * read-only.
   */
  final long allowed(long gfn, long bits) {
    boolean writable = (memory.kept(gfn) & GuestMemory.OWN_WRITES) == 0 && !memory.isReadOnly(gfn);
    return writable ? bits : bits & ~(long) PteBits.WRITE;
  }

  /**
   * Maps the 4 KiB at {@code gva}, or the 2 MiB if the P2M is so, for a guest's leaf that covers
   * all that entry {@code gva} of {@code page} does: below that entry come tables of the monitor's
   * that the guest knows nothing of.
   *
   * @param gpa what {@code gva} translates to
   * @param bits from {@link #leafBits}
   */
  final void mapLeaf(V2mPage page, long gva, long gpa, long bits) {
    V2mPage at = page;
    while (true) {
      at.used = true;
      int level = at.level();
      int index = V2mPage.index(gva, level);
      long gfn = gpa >>> SHIFT;
      if (level == 0) {
        v2m.setLeaf(at, index, gfn, allowed(gfn, bits));
        return;
      }
      if (level == V2m.LARGE && isWhole(gfn)) {
        v2m.setLeaf(at, index, gfn & -GuestMemory.BLOCK_FRAMES, bits);
        return;
      }
      long span = 1L << PteBits.shift(level);
      V2mPage child = v2m.findOrCreate(new PageKey(PageKind.DIRECT, gpa & -span, level - 1, bits));
      v2m.link(at, index, child, gva & -span);
      at = child;
    }
  }

  /** Whether the 2 MiB around {@code gfn} are one block of frames without a kept one. */
  private boolean isWhole(long gfn) {
    var _ = memory.frameFor(gfn);
    return memory.blockFor(gfn) >= 0 && !memory.anyKept(gfn & -GuestMemory.BLOCK_FRAMES);
  }

  private V2mPage bareRoot(AddressSpace space) {
    long bits = LEAF_BITS & ~PteBits.PBMT;
    if (space.satp == AddressSpace.BARE) {
      bits &= ~PteBits.USER;
    }
    return v2m.findOrCreate(new PageKey(PageKind.DIRECT, 0, BARE_LEVELS - 1, bits));
  }

  private void mapBare(PagedVcpu vcpu, long gva, int mode) {
    AddressSpace space =
        spaces.of(GuestWalk.isUser(mode) ? AddressSpace.BARE_USER : AddressSpace.BARE);
    if (space != vcpu.space) {
      load(vcpu, space);
    }
    V2mPage root = bareRoot(space);
    mapLeaf(root, gva, gva, root.key.flags());
  }

  // ---- the P2M -----------------------------------------------------------------------------

  @Override
  public final void invalidate(long gfn) {
    synchronized (memory) {
      losing(gfn);
      v2m.unmap(gfn);
      finishFlush();
    }
  }

  @Override
  public final void invalidate(long[] gfns) {
    synchronized (memory) {
      for (long gfn : gfns) {
        losing(gfn);
        v2m.unmap(gfn);
      }
      finishFlush();
    }
  }

  /** Forgets what the method itself knows of a frame that goes away. */
  void losing(long gfn) {}

  @Override
  public final void invalidateAll() {
    synchronized (memory) {
      long first = memory.base() >>> SHIFT;
      for (long gfn = first; gfn < first + (memory.size() >>> SHIFT); gfn++) {
        if (memory.kept(gfn) == 0) {
          losing(gfn);
          v2m.unmap(gfn);
        }
      }
      finishFlush();
    }
  }

  @Override
  public final void moved(long fromHfn, long toHfn) {
    Reservations.move(harts, fromHfn, toHfn);
  }

  @Override
  public final void copied(long gfn, long fromHfn, long toHfn) {
    Reservations.follow(vcpus, this::satp, memory, gfn, fromHfn, toHfn);
  }

  @Override
  public final boolean isReserved(long hfn) {
    return Reservations.hold(harts, hfn);
  }

  /**
   * A leaf is brought in when it is used, so whether there is one says whether it was; it goes when
   * the look ends, and comes again with the next use.
   */
  @Override
  public final boolean isAccessed(long gfn) {
    boolean accessed = isMapped(gfn);
    if (accessed) {
      accessedGfns.add(gfn);
    }
    return accessed;
  }

  /** Whether hardware has a leaf for {@code gfn} alone, or one that the monitor split off. */
  boolean isMapped(long gfn) {
    return v2m.isMapped(gfn);
  }

  @Override
  public final void looked() {
    for (long gfn : accessedGfns) {
      unmap(gfn);
    }
    accessedGfns.clear();
    finishFlush();
  }

  /** Takes all leaves of {@code gfn} back. */
  void unmap(long gfn) {
    v2m.unmap(gfn);
  }

  /** The space whose tables the vCPU's MMU walks. */
  static AddressSpace current(PagedVcpu vcpu) {
    return Objects.requireNonNull(vcpu.space);
  }
}
