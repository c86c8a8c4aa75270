package dev.quire.monitor.paging;

import dev.quire.machine.hart.CsrNumber;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import java.util.List;
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

  private final GuestMemory memory;
  private final GStageTable table;
  private final long hgatp;
  private final List<Hart> harts = new CopyOnWriteArrayList<>();

  /** An empty P2M; the VMID is the VM's number. */
  public NestedPaging(
      PhysicalMemory machineMemory, FrameTable frames, GuestMemory memory, GStageMode mode) {
    this.memory = memory;
    this.table = new GStageTable(machineMemory, frames, memory.vm(), mode);
    this.hgatp = (long) mode.code() << MODE_SHIFT | (long) memory.vm() << VMID_SHIFT | table.root();
    memory.listen(this);
  }

  @Override
  public void attach(Hart hart) {
    var csrs = hart.csrs();
    csrs.poke(CsrNumber.HEDELEG, DELEGATED);
    csrs.poke(CsrNumber.HGATP, hgatp);
    csrs.poke(CsrNumber.HSTATUS, csrs.peek(CsrNumber.HSTATUS) & ~H_VTVM);
    if (!harts.contains(hart)) {
      harts.add(hart);
    }
  }

  @Override
  public boolean guestPageFault(Hart hart, long gpa) {
    if (!memory.contains(gpa, 1)) {
      return false;
    }
    long gfn = gpa >>> SHIFT;
    synchronized (memory) {
      long hfn = memory.frameFor(gfn);
      long block = memory.blockFor(gfn);
      if (block < 0 || !table.map(gfn & -GuestMemory.BLOCK_FRAMES, block, 1)) {
        table.map(gfn, hfn, 0);
      }
    }
    return true;
  }

  @Override
  public void invalidate(long gfn) {
    if (!table.unmap(gfn)) {
      return;
    }
    for (Hart hart : harts) {
      hart.atSafePoint(null, () -> hart.mmu().fenceGvma(gfn << SHIFT, memory.vm(), true, true));
    }
  }
}
