package dev.quire.monitor.memory;

import dev.quire.machine.memory.PhysicalMemory;
import java.util.BitSet;

/**
 * The machine's 4 KiB frames: which are free, what the others are used for, by which VM, and how
 * many P2M leaves map them. Frames are named by frame number (hfn = hpa >>> 12). A frame that is
 * given out is zero. Lowest frames go first, so that what is given out depends on the order of
 * requests alone. About 7 bytes a frame. Thread-safe.
 */
@SuppressWarnings("EnumOrdinal") // a byte a frame
public final class FrameTable {
  /** What a frame is used for. */
  public enum Use {
    FREE,
    /** Content of a VM's memory. */
    GUEST,
    /** A page table of the monitor's. */
    TABLE
  }

  /** Owner of frames that belong to no VM. */
  public static final int NOBODY = 0;

  private static final Use[] USES = Use.values();

  private final PhysicalMemory memory;
  private final long first;
  private final int total;
  private final BitSet free;
  private final byte[] use;
  private final short[] owner;
  private final int[] references;
  private final int[] count = new int[USES.length];
  private int lowestFree;

  /** All of {@code memory}, which must not have been written yet, becomes free frames. */
  public FrameTable(PhysicalMemory memory) {
    this.memory = memory;
    this.first = memory.base() >>> PhysicalMemory.FRAME_SHIFT;
    this.total = (int) (memory.size() >>> PhysicalMemory.FRAME_SHIFT);
    this.free = new BitSet(total);
    this.use = new byte[total];
    this.owner = new short[total];
    this.references = new int[total];
    free.set(0, total);
    count[Use.FREE.ordinal()] = total;
  }

  /** A zero frame with one reference; throws {@link OutOfFrames}. */
  public synchronized long allocate(Use use, int owner) {
    int index = free.nextSetBit(lowestFree);
    if (index < 0) {
      throw new OutOfFrames(1, total);
    }
    lowestFree = index + 1;
    take(index, 1, use, owner);
    return first + index;
  }

  /**
   * The first of {@code frames} (a power of two) contiguous zero frames, aligned to their size,
   * each with one reference; -1 if there is no such block.
   */
  public synchronized long allocateBlock(int frames, Use use, int owner) {
    int start = (int) (-first & (frames - 1));
    for (int index = start; index <= total - frames; index += frames) {
      if (free.nextClearBit(index) >= index + frames) {
        take(index, frames, use, owner);
        return first + index;
      }
    }
    return -1;
  }

  private void take(int start, int frames, Use newUse, int newOwner) {
    free.clear(start, start + frames);
    for (int index = start; index < start + frames; index++) {
      setUse(index, newUse);
      owner[index] = (short) newOwner;
      references[index] = 1;
    }
  }

  private void setUse(int index, Use newUse) {
    count[use[index]]--;
    count[newUse.ordinal()]++;
    use[index] = (byte) newUse.ordinal();
  }

  /** One more P2M leaf maps the frame. */
  public synchronized void retain(long hfn) {
    references[used(hfn)]++;
  }

  /** One P2M leaf less maps the frame; after the last it is zeroed and free. */
  public synchronized void release(long hfn) {
    int index = used(hfn);
    if (--references[index] > 0) {
      return;
    }
    memory.discard(hfn << PhysicalMemory.FRAME_SHIFT, PhysicalMemory.FRAME_SIZE);
    setUse(index, Use.FREE);
    owner[index] = NOBODY;
    free.set(index);
    lowestFree = Math.min(lowestFree, index);
  }

  public synchronized int references(long hfn) {
    return references[index(hfn)];
  }

  public synchronized Use use(long hfn) {
    return USES[use[index(hfn)]];
  }

  /** The VM that the frame belongs to, or {@link #NOBODY}. */
  public synchronized int owner(long hfn) {
    return owner[index(hfn)];
  }

  /** How many frames are in that use, of all VMs. */
  public synchronized int count(Use which) {
    return count[which.ordinal()];
  }

  public int total() {
    return total;
  }

  private int used(long hfn) {
    int index = index(hfn);
    if (free.get(index)) {
      throw new IllegalStateException("frame 0x%x is free".formatted(hfn));
    }
    return index;
  }

  private int index(long hfn) {
    long index = hfn - first;
    if (index < 0 || index >= total) {
      throw new IllegalArgumentException("frame 0x%x is not in memory".formatted(hfn));
    }
    return (int) index;
  }
}
