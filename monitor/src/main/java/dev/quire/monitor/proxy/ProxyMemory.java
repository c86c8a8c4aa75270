package dev.quire.monitor.proxy;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;

/**
 * The proxy memory of one VM: its balloon takes all but M0 from the guest, and up to as many frames
 * are an exclusive cache of what the guest evicts. Whatever the guest then reads is a miss of M0,
 * which is seen; how deep it was in the stack of what was evicted says by how much more memory it
 * would not have been one.
 *
 * <p>Looking, and {@link #limit}, are for any thread.
 */
public final class ProxyMemory {
  private static final long PAGE = PhysicalMemory.FRAME_SIZE;

  /** The VM's time between two looks at its sizes. */
  private static final long STEP_NANOS = 100_000_000;

  /** What was seen before counts half as much after so many looks: 10 s. */
  private static final int AGING_STEPS = 100;

  /**
   * How it is to be.
   *
   * @param own bytes that the guest keeps at first, whole pages: M0; its balloon takes the rest
   * @param adapts whether M0 changes: down while the curve is flat, up when the guest swaps
   * @param checks whether each block that the cache gives is compared with the disk's
   */
  public record Settings(long own, boolean adapts, boolean checks) {
    /** What the guest keeps unless told otherwise, in percent of its memory. */
    public static final int STANDARD_PERCENT = 60;

    /** Less is not enough for a Linux. */
    public static final long LEAST_OWN = 64L << 20;

    /** Checks what a user may have got wrong. */
    public Settings {
      if (own < LEAST_OWN || own % PAGE != 0) {
        throw UserError.of(
            "A guest cannot keep %,d bytes beside its proxy memory: at least %d MiB, in whole"
                + " pages of 4 KiB.",
            own, LEAST_OWN >> 20);
      }
    }
  }

  private final GuestMemory memory;
  private final MissTrace trace;
  private final ExclusiveCache cache;
  private final DiskPages pages;
  private final OwnMemory own;
  private long limit = Long.MAX_VALUE;
  private int steps;
  private long recentNanos;
  private boolean closed;

  /**
   * Makes one that does nothing before {@link #begin}.
   *
   * @param machine memory that {@code frames} is about
   */
  public ProxyMemory(
      Settings settings, GuestMemory memory, PhysicalMemory machine, FrameTable frames) {
    this.memory = memory;
    this.trace = new MissTrace();
    this.cache = new ExclusiveCache(machine, frames, memory.vm(), this::room);
    this.pages = new DiskPages(memory, cache, trace, settings.checks());
    this.own = new OwnMemory(settings, memory.size());
  }

  /** What a disk of the VM tells; disks count from 0. */
  public PageTransfers transfers(int disk, BlockStore store) {
    return store instanceof SwapDisk swap ? pages.of(disk, swap) : pages.of(disk);
  }

  ExclusiveCache cache() {
    return cache;
  }

  /** Takes its first look; before the VM runs. */
  public void begin(Clock clock, VirtioBalloon balloon) {
    // A look keeps no idle machine going; what it changes enters the guest's time as input does.
    clock.scheduleAside(STEP_NANOS, () -> clock.schedule(0, () -> step(clock, balloon)));
  }

  private void step(Clock clock, VirtioBalloon balloon) {
    own.step(balloon, this);
    synchronized (memory) {
      steps++;
      recentNanos = trace.keepsLess(kept()) ? 0 : recentNanos + STEP_NANOS;
      if (steps % AGING_STEPS == 0) {
        trace.age();
        recentNanos /= 2;
      }
      if (!closed) {
        begin(clock, balloon);
      }
    }
  }

  /** A manager steers the VM's balloon from now on, to what {@link #own} says or less. */
  public void managed() {
    own.managed();
  }

  /** What the guest is to keep now, in bytes: M0. */
  public long own() {
    return own.bytes();
  }

  /** Says how many bytes the cache may take of the machine from now on; at first all it wants. */
  public void limit(long bytes) {
    synchronized (memory) {
      limit = bytes;
      cache.shrink();
    }
  }

  /** How many blocks the cache may have. */
  private int room() {
    return (int) Math.min(limit / PAGE, memory.counts().ballooned());
  }

  /** Bytes in its frames now. */
  public long cached() {
    synchronized (memory) {
      return cache.frames() * PAGE;
    }
  }

  /** Bytes that it may have now: no more than the balloon has taken, and its limit. */
  public long capacity() {
    synchronized (memory) {
      return room() * PAGE;
    }
  }

  /** Frames that the guest keeps now: what its balloon has not taken. */
  public int kept() {
    return (int) (memory.size() / PAGE) - memory.counts().ballooned();
  }

  /**
   * Counts anew for the curves from now on.
   *
   * @param nanos of the guest's time
   */
  public void reset(long nanos) {
    synchronized (memory) {
      trace.reset(nanos);
      recentNanos = 0;
    }
  }

  /** The stack and the curve; use only what is public, under the memory's monitor. */
  public MissTrace trace() {
    return trace;
  }

  /** See {@link MissTrace#spared}. */
  long spared() {
    synchronized (memory) {
      return trace.spared();
    }
  }

  /** The VM's time that the trace's curve of late is of; what is older counts less. */
  public long recentNanos() {
    synchronized (memory) {
      return recentNanos;
    }
  }

  public ProxyCounters counters() {
    synchronized (memory) {
      return pages.counters();
    }
  }

  /** Gives its frames back, when no vCPU will ever run again. */
  public void close() {
    synchronized (memory) {
      closed = true;
      cache.close();
    }
  }
}
