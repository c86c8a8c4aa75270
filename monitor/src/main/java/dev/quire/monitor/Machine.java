package dev.quire.monitor;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.paging.MachineAsids;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.paging.PagingHost;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The computer that virtual machines share: memory as one pool of frames, decoded code, ASIDs, and
 * the file for pages that have no frame. Its harts come with the vCPUs that they run.
 */
public final class Machine implements AutoCloseable {
  private static final long RAM = 0x8000_0000L;

  /** The VMID has 14 bits at most (privileged manual, hgatp). */
  private static final int MAX_VMS = 1 << 14;

  /** A P2M takes 1/512 of what it maps, and some tables more. */
  private static final int NESTED_SHIFT = 8;

  private static final long NESTED = 1 << 20;

  /** Tables that are built from the guest's, of which there are many. */
  private static final int BUILT_SHIFT = 6;

  private static final long BUILT = 6 << 20;

  /** Frames that a machine for one VM keeps back. */
  private static final int RESERVE = 256;

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final CodeCache code;
  private final MachineAsids asids = new MachineAsids();
  private final @Nullable SwapFile swap;

  /** For swap disks alone, where {@link #swap} is null; null until it is needed. */
  private @Nullable SwapFile diskSwap;

  private final long swapNanos;
  private final BitSet numbers = new BitSet();

  private Machine(long bytes, Isa isa, @Nullable SwapFile swap, long swapNanos) {
    this.memory = new PhysicalMemory(RAM, bytes);
    this.frames = new FrameTable(memory);
    this.code = new CodeCache(memory, isa);
    this.swap = swap;
    this.swapNanos = swapNanos;
  }

  /**
   * A machine for many VMs, empty.
   *
   * @param bytes of memory, a multiple of 4 KiB
   * @param reserve frames that are kept back from guest pages, see {@link FrameTable}
   * @param swap closed with the machine; null for none
   * @param swapNanos guest time that it takes to bring a page back, under the instruction clock
   */
  public static Machine forMany(long bytes, int reserve, @Nullable SwapFile swap, long swapNanos) {
    Machine machine = new Machine(bytes, Isa.full(), swap, swapNanos);
    machine.frames.keepBack(reserve);
    return machine;
  }

  /**
   * A machine with enough memory for one VM; and some more to keep back, if the VM's cache can hold
   * what is nowhere else: then it may have to wait until that can go.
   */
  static Machine forOne(VmConfig config) {
    if (config.paging() == PagingChoice.NATIVE) {
      return new Machine(config.memory(), Isa.full().without(Extension.H), null, 0);
    }
    int reserve = config.swapDisk() == 0 ? 0 : RESERVE;
    long bytes = config.memory() + overhead(config.memory(), PagingChoice.PROTECTED);
    return forMany(bytes + reserve * PhysicalMemory.FRAME_SIZE, reserve, null, 0);
  }

  /** An upper limit of what a VM's tables and the like take of machine memory, in bytes. */
  public static long overhead(long guestMemory, PagingChoice paging) {
    long bytes =
        paging == PagingChoice.NESTED
            ? (guestMemory >> NESTED_SHIFT) + NESTED
            : (guestMemory >> BUILT_SHIFT) + BUILT;
    return bytes & -PhysicalMemory.FRAME_SIZE;
  }

  public PhysicalMemory memory() {
    return memory;
  }

  public FrameTable frames() {
    return frames;
  }

  CodeCache code() {
    return code;
  }

  /** Where pages go that lose their frames; null if none do. */
  public @Nullable SwapFile swap() {
    return swap;
  }

  /**
   * Where guests' swap disks keep what they hold: the swap file, or one of their own among the
   * temporary files if there is none. A {@link dev.quire.machine.board.UserError} if that cannot
   * be.
   */
  synchronized SwapFile swapForDisks() {
    if (swap != null) {
      return swap;
    }
    if (diskSwap == null) {
      diskSwap = SwapFile.in(Path.of(System.getProperty("java.io.tmpdir")));
    }
    return diskSwap;
  }

  long swapNanos() {
    return swapNanos;
  }

  PagingHost pagingHost() {
    return new PagingHost(memory, frames, asids);
  }

  /** The lowest number that no VM has, from 1. */
  synchronized int newNumber() {
    int number = numbers.nextClearBit(1);
    if (number >= MAX_VMS) {
      throw new IllegalStateException("all VMIDs are in use");
    }
    numbers.set(number);
    return number;
  }

  synchronized void freeNumber(int number) {
    numbers.clear(number);
  }

  /** Gives the memory back to the host, when no VM runs any more. */
  @Override
  public synchronized void close() {
    memory.close();
    for (SwapFile file : new SwapFile[] {swap, diskSwap}) {
      if (file != null) {
        file.close();
      }
    }
  }
}
