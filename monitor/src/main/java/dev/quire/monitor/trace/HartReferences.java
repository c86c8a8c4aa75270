package dev.quire.monitor.trace;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.AccessType;
import dev.quire.machine.mmu.ReferenceListener;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.GuestWalk;
import dev.quire.monitor.vcpu.GuestCpu;

/**
 * What one hart references, as guest frames. The hart knows machine frames; of those, one that is
 * the VM's own stands behind one guest frame, and of one that is shared the guest's own table says
 * which is meant. Others, tables of the monitor's, are none of the guest's.
 *
 * <p>What was found out is remembered by address until the hart walks a table or the P2M changes,
 * without which no address can lead elsewhere.
 */
final class HartReferences implements ReferenceListener {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int SLOTS = 1024;
  private static final int NONE = -1;

  /** Kernel and user both reach their pages so. */
  private static final int ANYONE = GuestWalk.mode(false, true, true);

  private final MemoryTracer tracer;
  private final GuestCpu cpu;
  private final GuestMemory memory;
  private final FrameTable frames;
  private final PhysicalMemory machine;
  private final GuestWalk walk;
  private final long firstGfn;

  // By slot: a gva's page, its machine frame, the guest frame's index, and when that was found out.
  private final long[] pages = new long[SLOTS];
  private final long[] hfns = new long[SLOTS];
  private final int[] indexes = new int[SLOTS];
  private final int[] ages = new int[SLOTS];

  /** Goes on when what is remembered ceases to hold. */
  private int age = 1;

  private int changes;

  HartReferences(
      MemoryTracer tracer,
      GuestCpu cpu,
      GuestMemory memory,
      FrameTable frames,
      PhysicalMemory machine) {
    this.tracer = tracer;
    this.cpu = cpu;
    this.memory = memory;
    this.frames = frames;
    this.machine = machine;
    this.walk = GuestWalk.unnoticed(memory);
    this.firstGfn = memory.base() >>> SHIFT;
    this.changes = memory.changes();
  }

  @Override
  public void referenced(long gva, long hpa) {
    if (changes != memory.changes()) {
      changes = memory.changes();
      age++;
    }
    long page = gva >>> SHIFT;
    int slot = (int) page & SLOTS - 1;
    if (ages[slot] != age || pages[slot] != page || hfns[slot] != hpa >>> SHIFT) {
      ages[slot] = age;
      pages[slot] = page;
      hfns[slot] = hpa >>> SHIFT;
      indexes[slot] = index(gva, hpa, false);
    }
    tell(indexes[slot]);
  }

  @Override
  public void walked(long gva, long hpa) {
    age++;
    tell(index(gva, hpa, true));
  }

  private void tell(int index) {
    if (index != NONE) {
      tracer.referenced(cpu, index);
    }
  }

  /** The guest frame of {@code hpa}, come to from {@code gva}: that of a table, or of its page. */
  private int index(long gva, long hpa, boolean inTable) {
    if (!machine.contains(hpa, 1)) {
      return NONE;
    }
    synchronized (memory) {
      long hfn = hpa >>> SHIFT;
      long gfn = memory.gfnOf(hfn);
      if (gfn < 0 && frames.group(hfn) != FrameTable.NOBODY) {
        gfn = sharedGfn(gva, hfn, inTable);
      }
      return gfn < 0 ? NONE : (int) (gfn - firstGfn);
    }
  }

  private long sharedGfn(long gva, long hfn, boolean inTable) {
    int outcome = walk.walk(cpu.satp(), gva, AccessType.LOAD, ANYONE);
    if (!inTable) {
      boolean found = outcome == GuestWalk.OK && leadsTo(walk.gpa, hfn);
      return found ? walk.gpa >>> SHIFT : NONE;
    }
    for (int level = walk.lowest; level < walk.levels; level++) {
      if (leadsTo(walk.entryGpa[level], hfn)) {
        return walk.entryGpa[level] >>> SHIFT;
      }
    }
    return NONE;
  }

  private boolean leadsTo(long gpa, long hfn) {
    return memory.populatedFrame(gpa >>> SHIFT) == hfn;
  }
}
