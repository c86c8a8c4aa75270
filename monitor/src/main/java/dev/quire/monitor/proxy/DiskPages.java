package dev.quire.monitor.proxy;

import dev.quire.machine.device.virtio.PageTransfers;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.PageWatcher;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which page of a VM matches which block of its disks: that follows from what the disks transfer,
 * and holds as long as nobody writes the page, which is watched. When that ends, the guest uses the
 * page for something else or writes the file: the two look alike. Either way its content is the
 * block's, and enters the cache as something that the guest has evicted. If it was a write, the
 * block will be written to the disk, and the entry goes then (Jones, Arpaci-Dusseau and
 * Arpaci-Dusseau, "Geiger", ASPLOS 2006; Lu and Shen, USENIX ATC 2007). Only a store in U-mode says
 * that the page was not evicted: a kernel clears a page, or fills it, before it gives it to
 * another.
 *
 * <p>At most one page matches a block, at most one block a page, and no block that a page matches
 * is in the cache. Guarded by the memory's monitor, which disks take after their own lock.
 */
final class DiskPages implements PageWatcher {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int PAGE = PageTransfers.PAGE;

  /** In place of a key: the page matches no block. */
  private static final long NONE = -1;

  /** No disk has more blocks: its bytes are a long. */
  private static final int DISK_SHIFT = 51;

  private static final long NOT_FOUND = -1;

  private final GuestMemory memory;
  private final ExclusiveCache cache;
  private final MissTrace trace;
  private final long firstGfn;

  /** By gfn - firstGfn: key + 1, or 0. */
  private final long[] blocks;

  /** By key: the gfn of the page that matches the block. */
  private final Map<Long, Long> pages = new HashMap<>();

  /** Which of the disks the guest swaps to, and its number; null if none. */
  private @Nullable SwapDisk swap;

  private int swapNumber;

  private final byte[] content = new byte[PAGE];
  private final boolean checks;
  private final long[] evictions = new long[Change.values().length];
  private long reads;
  private long hits;
  private long inPlace;
  private long writes;
  private long partial;
  private long falseEvictions;
  private long overwritten;
  private long checked;
  private long wrong;
  private long nanos;

  /** {@code checks}: each block that does not come from its disk is compared with it. */
  DiskPages(GuestMemory memory, ExclusiveCache cache, MissTrace trace, boolean checks) {
    this.memory = memory;
    this.checks = checks;
    this.cache = cache;
    this.trace = trace;
    this.firstGfn = memory.base() >>> SHIFT;
    this.blocks = new long[(int) (memory.size() >>> SHIFT)];
    memory.watchWith(this);
  }

  /** What a block of a disk is called here; disks count from 0. */
  static long key(int disk, long block) {
    return (long) disk << DISK_SHIFT | block;
  }

  /** The gfn of the page that matches a block, or -1. */
  long pageOf(long key) {
    Long gfn = pages.get(key);
    return gfn == null ? NOT_FOUND : gfn;
  }

  /** How many pages match a block. */
  int matching() {
    return pages.size();
  }

  // ---- evictions ---------------------------------------------------------------------------

  @Override
  @SuppressWarnings("EnumOrdinal") // counted often: an array, not a map
  public void changes(long gfn, Change why) {
    long key = blocks[index(gfn)] - 1;
    if (key == NONE) {
      return;
    }
    long start = why == Change.STORE ? 0 : System.nanoTime();
    part(gfn, key);
    evictions[why.ordinal()]++;
    if (swap != null && key >>> DISK_SHIFT == swapNumber) {
      swap.changed(key - key(swapNumber, 0));
    }
    if (why == Change.PROGRAM_STORE) {
      return;
    }
    memory.peek(gfn, content);
    cache.enter(key, gfn, content);
    trace.evicted(key);
    // Stores are exits, which are timed as a whole; transfers are timed below, around this.
    nanos += why == Change.REPORT || why == Change.BALLOON ? System.nanoTime() - start : 0;
  }

  @Override
  public void deflated() {
    cache.shrink();
  }

  @Override
  public boolean giveFrames(int count) {
    int before = cache.frames();
    cache.shrink(Math.max(0, before - count));
    return cache.frames() < before;
  }

  private void part(long gfn, long key) {
    blocks[index(gfn)] = 0;
    var _ = pages.remove(key);
  }

  private int index(long gfn) {
    return (int) (gfn - firstGfn);
  }

  // ---- transfers ---------------------------------------------------------------------------

  /** What a disk tells. */
  PageTransfers of(int disk) {
    return new Disk(disk, null);
  }

  /** What the disk tells that the guest swaps to: what is written there is evicted. */
  PageTransfers of(int disk, SwapDisk swapDisk) {
    swap = swapDisk;
    swapNumber = disk;
    swapDisk.join(cache, key(disk, 0));
    return new Disk(disk, swapDisk);
  }

  private final class Disk implements PageTransfers {
    private final int disk;

    /** Null unless it is the one that the guest swaps to. */
    private final @Nullable SwapDisk swapDisk;

    Disk(int disk, @Nullable SwapDisk swapDisk) {
      this.disk = disk;
      this.swapDisk = swapDisk;
    }

    @Override
    public boolean has(long block) {
      synchronized (memory) {
        long key = key(disk, block);
        return cache.contains(key) || pages.containsKey(key);
      }
    }

    @Override
    public boolean absorbs() {
      synchronized (memory) {
        return swapDisk != null && cache.hasRoom();
      }
    }

    @Override
    public boolean find(long block, long gpa, byte[] to, int offset) throws DmaFault {
      synchronized (memory) {
        check(gpa);
        long start = System.nanoTime();
        boolean found = DiskPages.this.find(key(disk, block), to, offset);
        if (found && swapDisk != null && !checks) { // a check reads the disk itself
          swapDisk.taken((int) block);
        }
        nanos += System.nanoTime() - start;
        return found;
      }
    }

    @Override
    public void fill(long block, long gpa, byte[] from, int offset) throws DmaFault {
      synchronized (memory) {
        check(gpa);
        long start = System.nanoTime();
        DiskPages.this.fill(key(disk, block), gpa, from, offset);
        nanos += System.nanoTime() - start;
      }
    }

    @Override
    public void take(long block, long gpa, byte[] to, int offset) throws DmaFault {
      synchronized (memory) {
        check(gpa);
        long start = System.nanoTime();
        DiskPages.this.take(key(disk, block), gpa, to, offset, swapDisk != null);
        nanos += System.nanoTime() - start;
      }
    }

    @Override
    public void forget(long block, long count) {
      synchronized (memory) {
        for (long i = block; i < block + count; i++) {
          DiskPages.this.forget(key(disk, i));
        }
      }
    }

    @Override
    public void partial() {
      synchronized (memory) {
        partial++;
      }
    }

    @Override
    public boolean checks() {
      return checks;
    }

    @Override
    public void compared(long block, boolean same) {
      synchronized (memory) {
        checked++;
        wrong += same ? 0 : 1;
      }
    }
  }

  private void check(long gpa) throws DmaFault {
    if (!memory.contains(gpa, PAGE)) {
      throw new DmaFault(gpa, PAGE);
    }
  }

  private boolean find(long key, byte[] to, int offset) {
    reads++;
    int own = own();
    long other = pageOf(key);
    if (other >= 0) {
      inPlace++;
      trace.inPlace(key, own);
      memory.peek(other, content);
      System.arraycopy(content, 0, to, offset, PAGE);
      part(other, key);
      memory.unwatch(other);
      return true;
    }
    trace.read(key, own);
    boolean hit = cache.take(key, to, offset);
    hits += hit ? 1 : 0;
    return hit;
  }

  /** Frames that the guest keeps: what its balloon has not taken. */
  private int own() {
    return blocks.length - memory.counts().ballooned();
  }

  private void fill(long key, long gpa, byte[] from, int offset) throws DmaFault {
    long gfn = gpa >>> SHIFT;
    boolean isWatched = memory.fill(gpa, from, offset); // what the page matched before is evicted
    if (isWatched && !cache.contains(key)) {
      match(gfn, key);
    }
  }

  private void match(long gfn, long key) {
    blocks[index(gfn)] = key + 1;
    pages.put(key, gfn);
  }

  private void take(long key, long gpa, byte[] to, int offset, boolean evicts) throws DmaFault {
    writes++;
    long gfn = gpa >>> SHIFT;
    written(key, gfn);
    if (evicts) {
      memory.read(gpa, to, offset, PAGE);
      trace.evicted(key);
      return;
    }
    long before = blocks[index(gfn)] - 1;
    if (before != NONE) {
      part(gfn, before); // the page goes to another block: it has not changed, nor gone
    }
    if (memory.watch(gfn)) {
      match(gfn, key);
    }
    memory.read(gpa, to, offset, PAGE);
  }

  /** The block's content changes: it will be that of page {@code gfn}. */
  private void written(long key, long gfn) {
    if (cache.contains(key)) {
      boolean wasWrite = cache.origin(key) == gfn;
      falseEvictions += wasWrite ? 1 : 0;
      overwritten += wasWrite ? 0 : 1;
    }
    forget(key);
  }

  private void forget(long key) {
    cache.dropCopy(key);
    trace.forget(key);
    long gfn = pageOf(key);
    if (gfn >= 0) {
      part(gfn, key);
      memory.unwatch(gfn);
    }
  }

  /** What came of it so far. */
  @SuppressWarnings("EnumOrdinal")
  ProxyCounters counters() {
    return new ProxyCounters(
        reads,
        hits,
        inPlace,
        reads - hits - inPlace,
        writes,
        partial,
        evictions[Change.STORE.ordinal()],
        evictions[Change.REPORT.ordinal()],
        evictions[Change.TRANSFER.ordinal()],
        evictions[Change.BALLOON.ordinal()],
        evictions[Change.PROGRAM_STORE.ordinal()],
        falseEvictions,
        overwritten,
        cache.displaced(),
        cache.refused(),
        checked,
        wrong,
        nanos);
  }
}
