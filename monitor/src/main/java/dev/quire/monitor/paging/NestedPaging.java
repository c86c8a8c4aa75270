package dev.quire.monitor.paging;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Csrs;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageWatcher.Change;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Nested paging: the MMU walks the guest's own table (VS stage) and the P2M (G stage). The guest
 * takes its own page faults and never exits for a change of its tables; the monitor fills the P2M
 * when the G stage misses.
 */
public final class NestedPaging implements PagingMethod {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int MODE_SHIFT = 60;
  private static final int VMID_SHIFT = 44;

  /**
   * Exceptions that the guest handles alone: page faults 12, 13, 15, and all that is not memory.
   */
  private static final long DELEGATED =
      1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 12 | 1 << 13 | 1 << 15;

  private static final long H_VTVM = 1L << 20;

  private static final long ADUE = 1L << 61;

  private final GuestMemory memory;
  private final GStageTable table;
  private final long hgatp;
  private final List<PagedVcpu> vcpus = new ArrayList<>();
  private final List<Hart> harts = new CopyOnWriteArrayList<>();

  /** First gfns of blocks that were split so that one of their pages could be invalid. */
  private final Set<Long> splitBlocks = new HashSet<>();

  /** An empty P2M; the VMID is the VM's number. */
  NestedPaging(PagingHost host, GuestMemory memory, GStageMode mode) {

    this.memory = memory;
    this.table = new GStageTable(host.memory(), host.frames(), memory.vm(), mode);
    this.hgatp = (long) mode.code() << MODE_SHIFT | (long) memory.vm() << VMID_SHIFT | table.root();
  }

  @Override
  public PagingChoice choice() {
    return PagingChoice.NESTED;
  }

  @Override
  public void attach(PagedVcpu vcpu) {
    Csrs csrs = vcpu.hart.csrs();
    csrs.poke(CsrNumber.HEDELEG, DELEGATED);
    csrs.poke(CsrNumber.VSATP, 0); // in the order that keeps the MMU from mixing old and new
    csrs.poke(CsrNumber.HGATP, hgatp);
    csrs.poke(CsrNumber.VSATP, vcpu.satp);
    csrs.poke(CsrNumber.HSTATUS, csrs.peek(CsrNumber.HSTATUS) & ~H_VTVM);
    csrs.poke(
        CsrNumber.HENVCFG,
        csrs.peek(CsrNumber.HENVCFG) & ~ADUE | (vcpu.walk.updatesAd() ? ADUE : 0));
    if (!harts.contains(vcpu.hart)) {
      vcpus.add(vcpu);
      harts.add(vcpu.hart);
      vcpu.hart.mmu().fenceVvma(0, 0, false, false);
    }
  }

  @Override
  public void detach() {
    flushAll();
    table.close();
  }

  private void flushAll() {
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> hart.mmu().fenceGvma(0, memory.vm(), false, true));
    }
  }

  @Override
  public long satp(PagedVcpu vcpu) {
    return vcpu.hart.csrs().peek(CsrNumber.VSATP);
  }

  @Override
  public void setSatp(PagedVcpu vcpu, long satp) {
    vcpu.hart.csrs().poke(CsrNumber.VSATP, satp);
  }

  @Override
  public TlbFence fence(long gva, int asid, boolean byAddress, boolean byAsid) {
    return new TlbFence(gva, new int[] {asid}, byAddress, byAsid);
  }

  /**
   * The G stage did not let a vCPU access {@code gpa}. True if the guest may try again; false if no
   * RAM of the VM is there. Throws {@link dev.quire.monitor.memory.OutOfFrames}.
   *
   * @param write whether the access writes there: a shared page gets a frame of its own
   * @param user whether it is one of VU-mode's own
   */
  public boolean guestPageFault(long gpa, boolean write, boolean user) {
    if (!memory.contains(gpa, 1)) {
      return false;
    }
    long gfn = gpa >>> SHIFT;
    synchronized (memory) {
      memory.touch(gfn);
      long hfn =
          write
              ? memory.frameToWrite(gfn, user ? Change.PROGRAM_STORE : Change.STORE)
              : memory.frameFor(gfn);
      boolean readOnly = memory.isReadOnly(gfn);
      if (!mapBlock(gfn & -GuestMemory.BLOCK_FRAMES) || readOnly) {
        table.map(gfn, hfn, 0, !readOnly);
      }
    }
    return true;
  }

  /**
   * Maps 2 MiB, if they are backed by a block: as a whole, or all but what awaits its touch or may
   * not be written.
   */
  private boolean mapBlock(long gfn) {
    long hfn = memory.backingBlock(gfn);
    if (hfn < 0) {
      return false;
    }
    if (memory.blockFor(gfn) >= 0) {
      return table.map(gfn, hfn, 1, true);
    }
    splitBlocks.add(gfn);
    return table.mapPieces(gfn, hfn, page -> !memory.awaitsTouch(page) && !memory.isReadOnly(page));
  }

  @Override
  public void invalidate(long gfn) {
    if (table.unmap(gfn)) {
      flush(gfn);
    }
  }

  /** A page of 4 KiB stays mapped, so that to read it needs no exit. */
  @Override
  public void protect(long gfn) {
    if (table.protect(gfn)) {
      flush(gfn);
    } else {
      invalidate(gfn);
    }
  }

  /** The next store faults as the first did, for hardware asks the tables before it faults. */
  @Override
  public void unprotect(long gfn) {}

  private void flush(long gfn) {
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> hart.mmu().fenceGvma(gfn << SHIFT, memory.vm(), true, true));
    }
  }

  /** Blocks of 2 MiB are split for it, and whole again when no page of them awaits its touch. */
  @Override
  public void invalidate(long[] gfns) {
    splitBlocks.removeIf(this::join);
    for (long gfn : gfns) {
      if (table.unmapPage(gfn)) {
        splitBlocks.add(gfn & -GuestMemory.BLOCK_FRAMES);
      }
    }
    flushAll();
  }

  private boolean join(long block) {
    long hfn = memory.blockFor(block);
    return hfn >= 0 && table.join(block, hfn);
  }

  @Override
  public void invalidateAll() {
    table.unmapAll();
    flushAll();
  }

  @Override
  public void moved(long fromHfn, long toHfn) {
    Reservations.move(harts, fromHfn, toHfn);
  }

  @Override
  public void copied(long gfn, long fromHfn, long toHfn) {
    Reservations.follow(vcpus, this::satp, memory, gfn, fromHfn, toHfn);
  }

  @Override
  public boolean isReserved(long hfn) {
    return Reservations.hold(harts, hfn);
  }

  /** By the accessed bits of the P2M's leaves, which hardware sets. */
  @Override
  public boolean isAccessed(long gfn) {
    return table.isAccessed(gfn);
  }

  @Override
  public void looked() {
    if (table.clearAccessed()) {
      flushAll();
    }
  }

  @Override
  public Map<String, Long> statistics() {
    synchronized (memory) {
      return Map.of("p2mTables", table.frames());
    }
  }
}
