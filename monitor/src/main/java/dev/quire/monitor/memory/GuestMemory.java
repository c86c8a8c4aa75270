package dev.quire.monitor.memory;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.PageWatcher.Change;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One VM's memory: the P2M, from guest frame to machine frame, filled on first touch, and the way
 * in for everyone but the guest's own instructions. Addresses are guest-physical (gpa). Reading
 * what was never written neither populates it nor costs anything.
 *
 * <p>Thread-safe. This object's monitor is the VM's paging lock: paging methods hold it while they
 * change tables, so that the P2M and what is derived from it change together.
 */
public final class GuestMemory extends GuestBytes {
  /** gfns of a 2 MiB block. */
  public static final int BLOCK_FRAMES = 512;

  /** Pages that go at a time when there is no room, and that a VM keeps. */
  private static final int ROOM = 8;

  private static final int LEAST_PAGES = 32;

  /** In {@link #setKept}: writes to the frame go to the keeper. */
  public static final int OWN_WRITES = 1;

  /** In {@link #setKept}: reads of the frame go to the keeper. */
  public static final int OWN_READS = 2;

  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int FRAME = (int) PhysicalMemory.FRAME_SIZE;

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final int vm;
  private final long base;
  private final long size;
  private final boolean inBlocks;
  private final long firstGfn;
  private final GuestPages pages;

  /** By gfn - firstGfn: {@link #OWN_WRITES}, {@link #OWN_READS}. */
  private final byte[] kept;

  private final PageSample sample = new PageSample();
  private final WatchedPages watched;

  private P2mListener listener = gfn -> {};

  /** Is told of each gfn that others than the vCPUs' own instructions access; null if nobody is. */
  private @Nullable LongConsumer accesses;

  /**
   * @param vm the VM's number, at least 1; owner of its frames
   * @param base first gpa of RAM, like {@code size} a multiple of 4 KiB
   * @param inBlocks whether to back whole aligned 2 MiB blocks at once where there is room
   * @param swap where pages go that lose their frame; null if none can be taken
   */
  public GuestMemory(
      PhysicalMemory memory,
      FrameTable frames,
      @Nullable SwapFile swap,
      int vm,
      long base,
      long size,
      boolean inBlocks) {
    super(memory);
    this.memory = memory;
    this.frames = frames;
    this.vm = vm;
    this.base = base;
    this.size = size;
    this.inBlocks = inBlocks;
    this.firstGfn = base >>> SHIFT;
    this.pages = new GuestPages(memory, frames, swap, vm, firstGfn, (int) (size >>> SHIFT));
    this.kept = new byte[pages.count()];
    this.watched = new WatchedPages(firstGfn);
  }

  /** Sets who hears of frames that go away; before the VM runs. */
  public void listen(P2mListener p2mListener) {
    listener = p2mListener;
    pages.listen(p2mListener);
  }

  /** Sets who keeps frames that are marked by {@link #setKept}; null if none will be. */
  public synchronized void keep(@Nullable TableKeeper tableKeeper) {
    setKeeper(tableKeeper);
  }

  public int vm() {
    return vm;
  }

  public long base() {
    return base;
  }

  /** Bytes of RAM that the guest sees. */
  public long size() {
    return size;
  }

  /** Bytes that have frames, shared ones included. */
  public synchronized long resident() {
    PageCounts counts = pages.counts();
    return (long) counts.privatePages() + counts.shared() << SHIFT;
  }

  /** How many pages are in which state. */
  public synchronized PageCounts counts() {
    return pages.counts();
  }

  /** What has happened to the pages so far. */
  public synchronized PageTraffic traffic() {
    return pages.traffic();
  }

  /** How many pages came back from the swap file so far; for the thread that has them come. */
  public long swappedIn() {
    return pages.swappedIn();
  }

  @Override
  public boolean contains(long gpa, long length) {
    long offset = gpa - base;
    return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
  }

  // ---- the P2M -----------------------------------------------------------------------------

  public synchronized PageState state(long gfn) {
    return pages.state(index(gfn));
  }

  /**
   * The machine frame behind {@code gfn}, which gets one if it has none, whatever is kept back for
   * others. It may be a shared one, only to be read. Throws {@link OutOfFrames}.
   */
  public synchronized long frameFor(long gfn) {
    int index = index(gfn);
    long hfn = pages.frame(index);
    if (hfn < 0) {
      populate(index);
      hfn = pages.frame(index);
    }
    return hfn;
  }

  /** As {@link #frameFor}, but a frame of its own, with the same content, for a vCPU's store. */
  public synchronized long frameToWrite(long gfn) {
    return frameToWrite(gfn, Change.STORE);
  }

  /** The same for a change of another kind. */
  public synchronized long frameToWrite(long gfn, Change why) {
    int index = index(gfn);
    boolean wasWatched = watched.change(index, why);
    if (pages.state(index) == PageState.SHARED) {
      pages.unshare(index);
    } else if (wasWatched && pages.frame(index) >= 0) {
      listener.unprotect(gfn);
    }
    return frameFor(gfn);
  }

  /** Whether the frame of {@code gfn} may stand behind other pages, too. */
  public synchronized boolean isShared(long gfn) {
    return pages.state(index(gfn)) == PageState.SHARED;
  }

  /** Whether nobody may write the frame of {@code gfn} before {@link #frameToWrite} was asked. */
  public synchronized boolean isReadOnly(long gfn) {
    return watched.contains(index(gfn)) || isShared(gfn);
  }

  private void populate(int index) {
    boolean deflates = pages.state(index) == PageState.BALLOONED;
    long start = (firstGfn + index) & -BLOCK_FRAMES;
    if (inBlocks
        && contains(start << SHIFT, (long) BLOCK_FRAMES << SHIFT)
        && pages.populateBlock(index(start), BLOCK_FRAMES)) {
      return;
    }
    pages.populate(index);
    if (deflates) {
      watched.deflated();
    }
  }

  /**
   * Backs all of RAM, in order: of a machine whose memory is the guest's alone, and begins at the
   * same address, each frame gets itself.
   */
  public synchronized void populateAll() {
    for (int i = 0; i < pages.count(); i++) {
      frameFor(firstGfn + i);
    }
  }

  /** The machine frame behind {@code gfn}, or -1 if it has none, or is not RAM. */
  public synchronized long populatedFrame(long gfn) {
    long index = gfn - firstGfn;
    return index >= 0 && index < pages.count() ? pages.frame((int) index) : -1;
  }

  /** The guest frame behind which {@code hfn} stands alone; -1 if it is not this VM's own. */
  public synchronized long gfnOf(long hfn) {
    return frames.gfnOf(hfn, vm);
  }

  /**
   * As {@link #backingBlock}, but -1, too, if a page of the block {@link #awaitsTouch} or is
   * watched: nobody may be given a way to all of it, for all purposes.
   */
  public synchronized long blockFor(long gfn) {
    long hfn = backingBlock(gfn);
    if (hfn < 0) {
      return -1;
    }
    int first = index(gfn & -BLOCK_FRAMES);
    boolean split = sample.anyWaiting(first, BLOCK_FRAMES) || watched.any(first, BLOCK_FRAMES);
    return split ? -1 : hfn;
  }

  /**
   * The first machine frame of the 2 MiB block around {@code gfn} if the block is all inside RAM
   * and backed by an aligned block of its own frames, else -1.
   */
  public synchronized long backingBlock(long gfn) {
    long start = gfn & -BLOCK_FRAMES;
    if (!inBlocks || !contains(start << SHIFT, (long) BLOCK_FRAMES << SHIFT)) {
      return -1;
    }
    int index = index(start);
    long hfn = pages.frame(index);
    boolean aligned = hfn >= 0 && (hfn & (BLOCK_FRAMES - 1)) == 0;
    return aligned && pages.isBlock(index, BLOCK_FRAMES) ? hfn : -1;
  }

  @Override
  public synchronized void release(long gfn) {
    watched.change(index(gfn), Change.TRANSFER);
    pages.release(index(gfn));
  }

  /**
   * Gives the page another machine frame, with the same content; nothing if it has none of its own.
   * Throws {@link OutOfFrames}.
   */
  public synchronized void move(long gfn) {
    if (pages.state(index(gfn)) == PageState.PRIVATE) {
      pages.move(index(gfn));
    }
  }

  /** Has every vCPU come to the monitor at its next access to the page, which keeps its frame. */
  public synchronized void revoke(long gfn) {
    if (pages.frame(index(gfn)) >= 0) {
      listener.invalidate(gfn);
    }
  }

  // ---- what the guest uses ------------------------------------------------------------------

  /**
   * Begins to see which of {@code wanted} pages the guest uses, and forgets the pages of before:
   * they are chosen at random among all but the ballooned ones, and nobody has a way to them any
   * more. While no vCPU runs.
   */
  public synchronized void beginSample(RandomGenerator random, int wanted) {
    pages.choose(sample, random, wanted);
    int[] waiting = sample.waiting();
    long[] gfns = new long[waiting.length];
    int populated = 0;
    for (int index : waiting) {
      if (pages.frame(index) >= 0) {
        gfns[populated++] = firstGfn + index;
      }
    }
    listener.invalidate(Arrays.copyOf(gfns, populated));
  }

  /** What came of the pages that {@link #beginSample} chose last. */
  public synchronized Sample sample() {
    return pages.counts(sample);
  }

  /** How many pages of all samples were touched so far; for the thread that touches them. */
  public long touches() {
    return sample.touches();
  }

  /**
   * Whether it is to be seen when the page is used next: nobody may be given a way to it before.
   */
  public synchronized boolean awaitsTouch(long gfn) {
    return sample.isWaiting(index(gfn));
  }

  /** A vCPU uses the page: for paging methods, before they give it a way there. */
  public synchronized void touch(long gfn) {
    sample.touch(index(gfn));
  }

  /**
   * Says who is told of each page (gfn) that is accessed by others than the vCPUs' own
   * instructions: by devices, or by the monitor for a vCPU. Null: nobody. Called with this object's
   * monitor held.
   */
  public synchronized void followAccesses(@Nullable LongConsumer gfns) {
    accesses = gfns;
  }

  @Override
  void accessed(long gpa) {
    touch(gpa >>> SHIFT);
    if (accesses != null) {
      accesses.accept(gpa >>> SHIFT);
    }
  }

  /** How often pages have changed their frame or state so far. */
  public int changes() {
    return pages.changes();
  }

  // ---- who is told before a page changes ----------------------------------------------------

  /** Says who is told of the pages that are watched; before there are any. */
  public synchronized void watchWith(PageWatcher watcher) {
    watched.tell(watcher);
  }

  /**
   * Has nobody change a page before the watcher is told, once: on return no vCPU can write it. The
   * monitor may still give it another frame, or none, with the same content. False, and nothing is
   * done, if a paging method keeps it or the balloon has it.
   */
  @Override
  public synchronized boolean watch(long gfn) {
    int index = index(gfn);
    if (kept[index] != 0 || pages.state(index) == PageState.BALLOONED) {
      return false;
    }
    if (watched.add(index) && pages.frame(index) >= 0) {
      listener.protect(gfn);
    }
    return true;
  }

  /** The watcher need not be told any more of changes of the page. */
  public synchronized void unwatch(long gfn) {
    watched.remove(index(gfn));
  }

  /** How often a page that was watched has changed; for the thread that changes them. */
  public long watchedChanges() {
    return watched.changes();
  }

  // ---- what the guest gives away -------------------------------------------------------------

  /** The guest's balloon takes a page, whose content is gone; nothing if it is not RAM. */
  public synchronized void balloon(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      watched.change(index(gfn), Change.BALLOON);
      pages.balloon(index(gfn));
      sample.leave(index(gfn));
    }
  }

  /** The guest's balloon gives a page back; nothing if it is not RAM. */
  public synchronized void deflate(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      pages.deflate(index(gfn));
      watched.deflated();
    }
  }

  /**
   * The guest says that a page is free: its content is gone, and it may use it again without
   * notice; nothing if it is not RAM.
   */
  public synchronized void discard(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      watched.change(index(gfn), Change.REPORT);
      pages.discard(index(gfn));
    }
  }

  // ---- sharing -----------------------------------------------------------------------------

  /** Says among which VMs frames may be shared: a group's number, 1 to 32766; before it runs. */
  public synchronized void join(int group) {
    pages.join(group);
  }

  /** The group among which frames may be shared: at first the VM's number. */
  public synchronized int group() {
    return pages.group();
  }

  /**
   * The frame of a page that could share it, or does; -1 if there is none, or a paging method keeps
   * it. Its content may be read while this object's monitor is held; the guest may write it
   * meanwhile unless it is shared.
   */
  public synchronized long sharable(long gfn) {
    int index = index(gfn);
    return kept[index] == 0 ? pages.frame(index) : -1;
  }

  /**
   * Makes the frame of a page a shared one, which no vCPU or device can write from now on.
   *
   * @return the frame, or -1 if there is none that is {@link #sharable}
   */
  public synchronized long share(long gfn) {
    long hfn = sharable(gfn);
    if (hfn >= 0) {
      pages.share(index(gfn));
    }
    return hfn;
  }

  /**
   * Puts a page on the shared frame {@code hfn}, if its content is the same, byte for byte, and
   * frees its own. False, and the guest has noticed nothing, if the content differs, the page is
   * not {@link #sharable} or there already, or {@code hfn} is no shared frame of this VM's group.
   */
  public synchronized boolean shareWith(long gfn, long hfn) {
    return sharable(gfn) >= 0 && pages.shareWith(index(gfn), hfn);
  }

  /**
   * Frees the frame of a page that is all zeros, which it is from then on without one. False if it
   * is not, or not {@link #sharable}.
   */
  public synchronized boolean dropZero(long gfn) {
    return sharable(gfn) >= 0 && pages.dropZero(index(gfn));
  }

  /**
   * Becomes a copy of another VM's memory of the same size, and a member of its group: both share
   * all frames from now on but those that the other's paging method keeps, which are copied. This
   * VM has not begun yet, none of the other's vCPUs runs. Throws {@link OutOfFrames}.
   */
  public void copyFrom(GuestMemory other) {
    synchronized (other) {
      synchronized (this) {
        other.listener.invalidateAll();
        pages.copyFrom(other.pages, other.kept);
        byte[] page = new byte[FRAME];
        for (int index = 0; index < pages.count(); index++) {
          if (other.kept[index] != 0) {
            other.peek(firstGfn + index, page);
            memory.write(pages.frame(index) << SHIFT, page, 0, FRAME);
          }
        }
      }
    }
  }

  /**
   * Reads a page as the guest would, but touches nothing: what is swapped stays so, and what has
   * nothing behind it is zeros.
   *
   * @param page 4096 bytes
   */
  public synchronized PageState peek(long gfn, byte[] page) {
    int index = index(gfn);
    if ((kept[index] & OWN_READS) == 0) {
      pages.peek(index, page);
    } else {
      readInEntries(gfn << SHIFT, page, 0, FRAME);
    }
    return pages.state(index);
  }

  // ---- what the monitor takes ----------------------------------------------------------------

  /**
   * Takes the frames of pages chosen at random, which the guest does not notice: pages of zeros are
   * dropped, others go to the swap file. Fewer if no more can go.
   *
   * @return how many frames became free
   */
  public synchronized int evict(int wanted) {
    int evicted = 0;
    while (evicted < wanted && pages.evictOne(kept)) {
      evicted++;
    }
    return evicted;
  }

  /**
   * Before something that may need frames: while the machine has none but those that are kept back,
   * frames of the VM's watcher go, then pages of it; but it keeps some, without which no
   * instruction would ever complete. False if too few could go.
   */
  @Override
  public boolean makeRoom() {
    if (!frames.isShort()) {
      return true;
    }
    synchronized (this) {
      while (frames.isShort()) {
        boolean few = pages.counts().privatePages() < LEAST_PAGES;
        if (!watched.giveFrames(ROOM) && (few || evict(ROOM) == 0)) {
          return frames.hasReserve();
        }
      }
    }
    return true;
  }

  /** What a look at some of a VM's pages has found. */
  public record Looked(int pages, int accessed) {}

  /**
   * Looks which pages, of those that have a frame, were accessed since they were last looked at:
   * every {@code step}th page, from the {@code first}th on.
   */
  public synchronized Looked look(int first, int step) {
    int seen = 0;
    int accessed = 0;
    for (int index = first; index < pages.count(); index += step) {
      if (pages.frame(index) >= 0) {
        seen++;
        accessed += listener.isAccessed(firstGfn + index) ? 1 : 0;
      }
    }
    listener.looked();
    return new Looked(seen, accessed);
  }

  /** Gives all frames and swap slots back, when no vCPU will ever run again. */
  public synchronized void close() {
    pages.close();
  }

  // ---- kept frames -------------------------------------------------------------------------

  /**
   * Says who reads and writes a frame that has a machine frame: {@link #OWN_WRITES} and {@link
   * #OWN_READS}, or 0 for memory itself.
   */
  public synchronized void setKept(long gfn, int flags) {
    kept[index(gfn)] = (byte) flags;
  }

  /** The flags last given to {@link #setKept}. */
  public synchronized int kept(long gfn) {
    return kept[index(gfn)];
  }

  /** Whether a frame of the 2 MiB block that starts with {@code gfn} is kept. */
  public synchronized boolean anyKept(long gfn) {
    int first = index(gfn);
    return IntStream.range(first, first + BLOCK_FRAMES).anyMatch(i -> kept[i] != 0);
  }

  @Override
  boolean keepsReads(long gpa) {
    return (kept[index(gpa >>> SHIFT)] & OWN_READS) != 0;
  }

  @Override
  boolean keepsWrites(long gpa) {
    return (kept[index(gpa >>> SHIFT)] & OWN_WRITES) != 0;
  }

  private int index(long gfn) {
    long index = gfn - firstGfn;
    if (index < 0 || index >= pages.count()) {
      throw new IllegalArgumentException("gfn 0x%x is not RAM of VM %d".formatted(gfn, vm));
    }
    return (int) index;
  }

  @Override
  long hpaToRead(long gpa) {
    return switch (pages.state(index(gpa >>> SHIFT))) {
      case PRIVATE, SHARED, SWAPPED -> (frameFor(gpa >>> SHIFT) << SHIFT) + (gpa & FRAME - 1);
      case UNPOPULATED, BALLOONED -> -1;
    };
  }

  @Override
  long hpaToWrite(long gpa) {
    return (frameToWrite(gpa >>> SHIFT, Change.TRANSFER) << SHIFT) + (gpa & FRAME - 1);
  }
}
