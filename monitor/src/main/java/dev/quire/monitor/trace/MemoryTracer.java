package dev.quire.monitor.trace;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.time.Timeline;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.ArrayList;
import java.util.List;

/**
 * Every reference of a VM to its memory: fetches, loads, stores and atomics of its vCPUs, what
 * their MMUs read of the guest's own page tables, and what devices and the monitor do for the
 * guest. Not the G stage's tables, nor what scanner, census, save, swap and explanations read.
 *
 * <p>An instruction that exits to the monitor and is tried again is seen again. Under methods other
 * than nested paging the MMU walks tables of the monitor's; of the guest's own, only those entries
 * are seen that the monitor reads on the guest's behalf, or that the MMU reads because they are
 * hooked to it.
 *
 * <p>While somebody follows, the vCPUs run one instruction at a time; the guest does what it always
 * does.
 */
public final class MemoryTracer {
  private final GuestMemory memory;
  private final FrameTable frames;
  private final PhysicalMemory machine;
  private final List<GuestCpu> cpus;
  private final Timeline clock;
  private final long firstGfn;
  private final List<Tracing> followers = new ArrayList<>();
  private long time;

  /**
   * @param cpus of the VM
   * @param clock the VM's
   */
  public MemoryTracer(
      GuestMemory memory,
      FrameTable frames,
      PhysicalMemory machine,
      List<GuestCpu> cpus,
      Timeline clock) {
    this.memory = memory;
    this.frames = frames;
    this.machine = machine;
    this.cpus = cpus;
    this.clock = clock;
    this.firstGfn = memory.base() >>> PhysicalMemory.FRAME_SHIFT;
  }

  /** One who follows the references, and how many there were for him. */
  public final class Tracing {
    private final FrameStream to;
    private long references;
    private int last = -1;

    private Tracing(FrameStream to) {
      this.to = to;
    }

    /** References so far, repeats included. */
    public long references() {
      synchronized (MemoryTracer.this) {
        return references;
      }
    }
  }

  /** Whether anybody follows. */
  public synchronized boolean isOn() {
    return !followers.isEmpty();
  }

  /**
   * Has {@code to} be told of all references but consecutive repeats, from now on. While no vCPU
   * runs. It is called by one thread at a time, which may hold the VM's paging lock.
   */
  public Tracing begin(FrameStream to) {
    Tracing tracing = new Tracing(to);
    synchronized (memory) {
      synchronized (this) {
        followers.add(tracing);
        if (followers.size() == 1) {
          listen();
        }
      }
    }
    return tracing;
  }

  private void listen() {
    for (GuestCpu cpu : cpus) {
      cpu.hart().mmu().trace(new HartReferences(this, cpu, memory, frames, machine));
    }
    memory.followAccesses(gfn -> referenced(clock.now(), (int) (gfn - firstGfn)));
  }

  /** Ends what {@link #begin} began; while no vCPU runs. Does nothing the second time. */
  public void end(Tracing tracing) {
    synchronized (memory) {
      synchronized (this) {
        if (followers.remove(tracing) && followers.isEmpty()) {
          cpus.forEach(cpu -> cpu.hart().mmu().trace(null));
          memory.followAccesses(null);
        }
      }
    }
  }

  /** A vCPU references a guest frame, by index. */
  void referenced(GuestCpu cpu, int index) {
    referenced(cpu.nanos(), index);
  }

  private synchronized void referenced(long now, int index) {
    for (int i = 0; i < followers.size(); i++) {
      Tracing tracing = followers.get(i);
      tracing.references++;
      if (tracing.last != index) {
        time = Math.max(time, now);
        tracing.to.miss(time, index, tracing.last);
        tracing.last = index;
      }
    }
  }
}
