package dev.quire.monitor.memory;

import dev.quire.machine.memory.PhysicalMemory;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The machine's 4 KiB frames, one finite pool: which are free, what the others are used for, by
 * which VM, for which of its guest frames, and how many P2M leaves map them. Frames are named by
 * frame number (hfn = hpa >>> 12). A frame that is given out is zero. Lowest frames go first, so
 * that what is given out depends on the order of requests alone. About 11 bytes a frame.
 * Thread-safe.
 *
 * <p>The last {@link #reserve} free frames are not for new guest pages but for what must not fail
 * half-way: page tables, and transfers that have begun. Whoever needs a guest page asks {@link
 * #isShort} first.
 */
@SuppressWarnings("EnumOrdinal") // a byte a frame
public final class FrameTable {
  /** What a frame is used for. */
  public enum Use {
    FREE,
    /** Content of a VM's memory, behind one guest frame. */
    GUEST,
    /** Content that stands behind any number of guest frames of a group, so nobody writes it. */
    SHARED,
    /** A page table of the monitor's. */
    TABLE,
    /** A disk's block in a VM's exclusive cache. */
    CACHE
  }

  /** Owner of frames that belong to no VM. */
  public static final int NOBODY = 0;

  /** In place of a gfn: the frame stands behind no guest frame. */
  public static final long NO_GFN = -1;

  /** Free frames that are zeroed at once, at most. */
  private static final int MOST_DIRTY = 512;

  private static final Use[] USES = Use.values();

  private final PhysicalMemory memory;
  private final long first;
  private final int total;
  private final BitSet free;
  private final byte[] use;

  /** The VM's number; of shared frames, the group's less {@link Short#MAX_VALUE}. */
  private final short[] owner;

  private final int[] references;

  /** By frame: gfn + 1, or 0. A gfn is below 2^31. */
  private final int[] gfns;

  private final int[] count = new int[USES.length];

  /** By VM. */
  private int[] tables = {};

  private int lowestFree;

  /**
   * Free frames one behind the other that are yet to be zeroed, which is done at once for all of
   * them: from the first up to, not including, the second.
   */
  private int dirtyFrom;

  private int dirtyTo;
  private int reserve;

  /** As {@link #count} says, for those who only look. */
  private volatile int freeNow;

  /** All of {@code memory}, which must not have been written yet, becomes free frames. */
  public FrameTable(PhysicalMemory memory) {
    this.memory = memory;
    this.first = memory.base() >>> PhysicalMemory.FRAME_SHIFT;
    this.total = (int) (memory.size() >>> PhysicalMemory.FRAME_SHIFT);
    this.free = new BitSet(total);
    this.use = new byte[total];
    this.owner = new short[total];
    this.references = new int[total];
    this.gfns = new int[total];
    free.set(0, total);
    count[Use.FREE.ordinal()] = total;
    freeNow = total;
  }

  /** Sets how many free frames are kept back; before there are VMs. */
  public void keepBack(int frames) {
    reserve = frames;
  }

  /** How many of the free frames are kept back. */
  public int reserve() {
    return Math.min(reserve, freeNow);
  }

  /** Whether no frame is free but those that are kept back: pages must go before others come. */
  public boolean isShort() {
    return freeNow < reserve;
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

  /** As {@link #allocate}, but -1 if there is none but those that are kept back. */
  public synchronized long allocateSpare(Use use, int owner) {
    return freeNow > reserve ? allocate(use, owner) : -1;
  }

  /**
   * The first of {@code frames} (a power of two) contiguous zero frames, aligned to their size,
   * each with one reference; -1 if there is no such block, or none but those that are kept back.
   */
  public synchronized long allocateBlock(int frames, Use use, int owner) {
    int start = (int) (-first & (frames - 1));
    if (use == Use.GUEST && freeNow < reserve + frames) {
      return -1;
    }
    for (int index = start; index <= total - frames; index += frames) {
      if (free.nextClearBit(index) >= index + frames) {
        take(index, frames, use, owner);
        return first + index;
      }
    }
    return -1;
  }

  /** Whether at least half of what is kept back is still there, for VMs that can spare nothing. */
  public boolean hasReserve() {
    return freeNow >= reserve / 2;
  }

  private void take(int start, int frames, Use newUse, int newOwner) {
    if (start < dirtyTo && start + frames > dirtyFrom) {
      zeroDirty();
    }
    free.clear(start, start + frames);
    for (int index = start; index < start + frames; index++) {
      setUse(index, newUse);
      owner[index] = (short) newOwner;
      references[index] = 1;
    }
    if (newUse == Use.TABLE) {
      countTables(newOwner, frames);
    }
  }

  private void countTables(int vm, int change) {
    if (vm >= tables.length) {
      tables = Arrays.copyOf(tables, vm + 1);
    }
    tables[vm] += change;
  }

  private void setUse(int index, Use newUse) {
    count[use[index]]--;
    count[newUse.ordinal()]++;
    use[index] = (byte) newUse.ordinal();
    freeNow = count[Use.FREE.ordinal()];
  }

  // ---- shared frames -----------------------------------------------------------------------

  /** Makes a guest's frame a shared one of {@code group}, which nobody may write from now on. */
  synchronized void share(long hfn, int group) {
    int index = used(hfn);
    setUse(index, Use.SHARED);
    owner[index] = ofGroup(group);
    gfns[index] = 0;
  }

  /**
   * One more P2M leaf maps a frame, if that is a shared one of {@code group}; false for all others,
   * and for numbers that are no frame.
   */
  public synchronized boolean retainShared(long hfn, int group) {
    long index = hfn - first;
    boolean exists = index >= 0 && index < total;
    if (!exists || !isShared((int) index) || owner[(int) index] != ofGroup(group)) {
      return false;
    }
    references[(int) index]++;
    return true;
  }

  /** Makes a shared frame VM {@code vm}'s own if just one P2M leaf maps it, which is that VM's. */
  synchronized boolean takeOver(long hfn, int vm) {
    int index = used(hfn);
    if (references[index] > 1) {
      return false;
    }
    setUse(index, Use.GUEST);
    owner[index] = (short) vm;
    return true;
  }

  private boolean isShared(int index) {
    return use[index] == Use.SHARED.ordinal();
  }

  private static short ofGroup(int group) {
    return (short) (group - Short.MAX_VALUE);
  }

  // ---- frames come back --------------------------------------------------------------------

  /**
   * One P2M leaf less maps the frame; after the last, for which it is true, it is zero and free.
   */
  public synchronized boolean release(long hfn) {
    int index = used(hfn);
    if (--references[index] > 0) {
      return false;
    }
    if (index != dirtyTo || dirtyTo - dirtyFrom == MOST_DIRTY) {
      zeroDirty();
      dirtyFrom = index;
    }
    dirtyTo = index + 1;
    if (use[index] == Use.TABLE.ordinal()) {
      countTables(owner[index], -1);
    }
    setUse(index, Use.FREE);
    owner[index] = NOBODY;
    gfns[index] = 0;
    free.set(index);
    lowestFree = Math.min(lowestFree, index);
    return true;
  }

  private void zeroDirty() {
    if (dirtyTo > dirtyFrom) {
      long hfn = first + dirtyFrom;
      memory.discard(
          hfn << PhysicalMemory.FRAME_SHIFT,
          (long) (dirtyTo - dirtyFrom) << PhysicalMemory.FRAME_SHIFT);
    }
    dirtyTo = dirtyFrom;
  }

  public synchronized int references(long hfn) {
    return references[index(hfn)];
  }

  public synchronized Use use(long hfn) {
    return USES[use[index(hfn)]];
  }

  /** The VM that the frame belongs to, or {@link #NOBODY}: free ones, and shared ones. */
  public synchronized int owner(long hfn) {
    int index = index(hfn);
    return isShared(index) ? NOBODY : owner[index];
  }

  /** The group among whose VMs a shared frame is, or {@link #NOBODY} if it is none. */
  public synchronized int group(long hfn) {
    int index = index(hfn);
    return isShared(index) ? owner[index] + Short.MAX_VALUE : NOBODY;
  }

  /** Says which of its owner's guest frames a frame stands behind; under that VM's paging lock. */
  void stands(long hfn, long gfn) {
    gfns[index(hfn)] = (int) gfn + 1;
  }

  /**
   * The guest frame that a frame of VM {@code vm} stands behind, or {@link #NO_GFN}; also for a
   * number that is no frame. Under that VM's paging lock, which is why nothing else is locked.
   */
  long gfnOf(long hfn, int vm) {
    long index = hfn - first;
    boolean isIts = index >= 0 && index < total && owner[(int) index] == vm;
    return isIts ? gfns[(int) index] - 1L : NO_GFN;
  }

  /**
   * The whole pool at one moment, in frames: total = free + reserve + guest + tables + cache.
   *
   * @param free without those that are kept back, which are {@code reserve}
   * @param guest with content of VMs, the shared ones included
   * @param shared distinct frames that are shared, whatever the number of pages on them
   */
  public record Counts(int free, int reserve, int guest, int shared, int tables, int cache) {}

  /** What all frames are used for. */
  public synchronized Counts counts() {
    int reserved = reserve();
    return new Counts(
        freeNow - reserved,
        reserved,
        count[Use.GUEST.ordinal()] + count[Use.SHARED.ordinal()],
        count[Use.SHARED.ordinal()],
        count[Use.TABLE.ordinal()],
        count[Use.CACHE.ordinal()]);
  }

  /** How many page tables VM {@code vm} has. */
  public synchronized int tables(int vm) {
    return vm < tables.length ? tables[vm] : 0;
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
