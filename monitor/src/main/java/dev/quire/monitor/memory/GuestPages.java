package dev.quire.monitor.memory;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A VM's pages as they come and go: the P2M with the frames and swap slots behind it. Everything
 * that takes a frame away tells the {@link P2mListener} first. Guest frames are named by index, gfn
 * - first gfn. Guarded by the VM's paging lock.
 */
final class GuestPages {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int FRAME = (int) PhysicalMemory.FRAME_SIZE;
  private static final byte[] ZEROS = new byte[FRAME];

  /** Random looks for a victim, before the next one in order is taken. */
  private static final int LOOKS = 16;

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final @Nullable SwapFile swap;
  private final int vm;
  private final long firstGfn;
  private final long firstHfn;
  private final P2m p2m;
  private int group;
  private final byte[] page = new byte[FRAME];

  /** Chooses victims; the same for every run of a VM. */
  private final SplittableRandom random;

  private P2mListener listener = gfn -> {};
  private long swappedOut;
  private long swappedIn;
  private long zeroDropped;
  private long ballooned;
  private long balloonFreed;
  private long deflated;
  private long touchedBallooned;
  private long reported;
  private long breaks;
  private long reused;

  GuestPages(
      PhysicalMemory memory,
      FrameTable frames,
      @Nullable SwapFile swap,
      int vm,
      long firstGfn,
      int count) {
    this.memory = memory;
    this.frames = frames;
    this.swap = swap;
    this.vm = vm;
    this.group = vm;
    this.firstGfn = firstGfn;
    this.firstHfn = memory.base() >>> SHIFT;
    this.p2m = new P2m(count);
    this.random = new SplittableRandom(vm);
  }

  void listen(P2mListener p2mListener) {
    listener = p2mListener;
  }

  /** Says among which VMs' pages frames may be shared; before there are any. */
  void join(int newGroup) {
    group = newGroup;
  }

  int group() {
    return group;
  }

  int count() {
    return p2m.frames();
  }

  PageState state(int index) {
    return p2m.state(index);
  }

  int changes() {
    return p2m.changes();
  }

  /** The machine frame, or -1 if there is none. */
  long frame(int index) {
    return p2m.hasFrame(index) ? firstHfn + p2m.frame(index) : -1;
  }

  PageCounts counts() {
    return p2m.counts();
  }

  PageTraffic traffic() {
    return new PageTraffic(
        swappedOut,
        swappedIn,
        zeroDropped,
        ballooned,
        balloonFreed,
        deflated,
        touchedBallooned,
        reported,
        breaks,
        reused);
  }

  long swappedIn() {
    return swappedIn;
  }

  /** Begins a sample of these pages. */
  void choose(PageSample sample, RandomGenerator random, int wanted) {
    sample.begin(random, wanted, p2m);
  }

  Sample counts(PageSample sample) {
    return sample.counts(p2m);
  }

  // ---- pages get frames --------------------------------------------------------------------

  /** Gives a page without a frame one, with its content. Throws {@link OutOfFrames}. */
  void populate(int index) {
    PageState state = p2m.state(index);
    int slot = state == PageState.SWAPPED ? p2m.slot(index) : -1;
    long hfn = frames.allocate(Use.GUEST, vm);
    if (slot >= 0) {
      swapIn(slot, hfn);
    }
    touchedBallooned += state == PageState.BALLOONED ? 1 : 0;
    set(index, hfn);
  }

  private void swapIn(int slot, long hfn) {
    SwapFile file = swap();
    file.read(slot, page);
    memory.write(hfn << SHIFT, page, 0, FRAME);
    file.free(slot);
    swappedIn++;
  }

  private SwapFile swap() {
    if (swap == null) {
      throw new IllegalStateException("there is no swap file");
    }
    return swap;
  }

  /** Gives {@code count} pages from {@code first} on an aligned block, if none of them has any. */
  boolean populateBlock(int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (p2m.state(i) != PageState.UNPOPULATED) {
        return false;
      }
    }
    long hfn = frames.allocateBlock(count, Use.GUEST, vm);
    for (int i = 0; hfn >= 0 && i < count; i++) {
      set(first + i, hfn + i);
    }
    return hfn >= 0;
  }

  private void set(int index, long hfn) {
    p2m.setFrame(index, (int) (hfn - firstHfn));
    frames.stands(hfn, firstGfn + index);
  }

  /** Whether the pages from {@code first} have frames of their own that follow each other. */
  boolean isBlock(int first, int count) {
    return p2m.isBlock(first, count);
  }

  /** Gives a page that has a frame of its own another one. Throws {@link OutOfFrames}. */
  void move(int index) {
    long from = frame(index);
    long to = frames.allocate(Use.GUEST, vm);
    listener.invalidate(firstGfn + index);
    memory.copyFrame(from << SHIFT, to << SHIFT);
    set(index, to);
    listener.moved(from, to);
    frames.release(from);
  }

  // ---- pages lose frames -------------------------------------------------------------------

  /** Whatever is behind a page goes; true if that freed a frame. Its state is set next. */
  private boolean drop(int index) {
    switch (p2m.state(index)) {
      case PRIVATE, SHARED -> {
        long hfn = frame(index);
        listener.invalidate(firstGfn + index);
        p2m.setUnpopulated(index);
        return frames.release(hfn);
      }
      case SWAPPED -> swap().free(p2m.slot(index));
      case UNPOPULATED, BALLOONED -> {}
    }
    return false;
  }

  /** The page reads as zero from now on. */
  void release(int index) {
    drop(index);
    p2m.setUnpopulated(index);
  }

  /** The guest says that the page is free, and may be used again without notice. */
  void discard(int index) {
    if (p2m.hasFrame(index) || p2m.state(index) == PageState.SWAPPED) {
      release(index);
      reported++;
    }
  }

  /** The guest's balloon takes the page. */
  void balloon(int index) {
    if (p2m.state(index) != PageState.BALLOONED) {
      balloonFreed += drop(index) ? 1 : 0;
      p2m.setBallooned(index);
      ballooned++;
    }
  }

  /** The guest's balloon gives the page back. */
  void deflate(int index) {
    deflated++;
    if (p2m.state(index) == PageState.BALLOONED) {
      p2m.setUnpopulated(index);
    }
  }

  // ---- sharing -----------------------------------------------------------------------------

  /** Gives a page whose frame is shared one that it may write. Throws {@link OutOfFrames}. */
  void unshare(int index) {
    long from = frame(index);
    if (becomesOwn(index)) {
      listener.invalidate(firstGfn + index); // it is to be mapped anew, with the right to write
      reused++;
      return;
    }
    long to = frames.allocate(Use.GUEST, vm);
    listener.invalidate(firstGfn + index);
    memory.copyFrame(from << SHIFT, to << SHIFT);
    set(index, to);
    listener.copied(firstGfn + index, from, to);
    frames.release(from);
    breaks++;
  }

  /** Makes the shared frame of a page its own, if nobody else has it any more. */
  private boolean becomesOwn(int index) {
    long hfn = frame(index);
    boolean own = frames.takeOver(hfn, vm);
    if (own) {
      set(index, hfn);
    }
    return own;
  }

  /** Makes the frame of a page a shared one, read-only everywhere. */
  void share(int index) {
    if (!p2m.isShared(index)) {
      listener.invalidate(firstGfn + index);
      makeShared(index);
    }
  }

  private void makeShared(int index) {
    frames.share(frame(index), group);
    p2m.setShared(index, p2m.frame(index));
  }

  /**
   * Puts a page on a shared frame with the same content, and frees its own; false, and nothing
   * done, if the content is another or there is no such frame.
   */
  boolean shareWith(int index, long hfn) {
    long own = frame(index);
    if (own == hfn || !frames.retainShared(hfn, group)) {
      return false;
    }
    listener.invalidate(firstGfn + index);
    if (!memory.sameFrame(own << SHIFT, hfn << SHIFT)) {
      frames.release(hfn);
      return false;
    }
    p2m.setShared(index, (int) (hfn - firstHfn));
    listener.copied(firstGfn + index, own, hfn);
    frames.release(own);
    return true;
  }

  /** Frees the frame of a page if it is all zeros, which the guest does not notice. */
  boolean dropZero(int index) {
    long hfn = frame(index);
    listener.invalidate(firstGfn + index);
    if (listener.isReserved(hfn) || !memory.isZeroFrame(hfn << SHIFT)) {
      return false;
    }
    p2m.setZero(index);
    frames.release(hfn);
    return true;
  }

  /**
   * Becomes a copy of another VM's pages, while all of these are unpopulated and no vCPU of the
   * other's can write any but those that are kept.
   *
   * @param kept of the other, by index: not 0 for a page that gets a frame of its own here, which
   *     the caller fills
   */
  void copyFrom(GuestPages other, byte[] kept) {
    group = other.group;
    synchronized (frames) {
      for (int index = 0; index < p2m.frames(); index++) {
        copyPage(other, index, kept[index] != 0);
      }
    }
  }

  private void copyPage(GuestPages other, int index, boolean isKept) {
    switch (other.p2m.state(index)) {
      case PRIVATE -> {
        if (isKept) {
          populate(index);
        } else {
          other.makeShared(index);
          retain(other, index);
        }
      }
      case SHARED -> retain(other, index);
      case SWAPPED -> {
        swap().retain(other.p2m.slot(index));
        p2m.setSwapped(index, other.p2m.slot(index));
      }
      case BALLOONED -> p2m.setBallooned(index);
      case UNPOPULATED -> p2m.setUnpopulatedAs(index, other.p2m);
    }
  }

  private void retain(GuestPages other, int index) {
    if (!frames.retainShared(other.frame(index), group)) {
      throw new IllegalStateException("a shared frame is of another group than its page");
    }
    p2m.setShared(index, other.p2m.frame(index));
  }

  // ---- looking -----------------------------------------------------------------------------

  /** Reads a page, and leaves it where it is; one that has nothing behind it is zeros. */
  void peek(int index, byte[] to) {
    switch (p2m.state(index)) {
      case PRIVATE, SHARED -> memory.read(frame(index) << SHIFT, to, 0, FRAME);
      case SWAPPED -> swap().read(p2m.slot(index), to);
      case UNPOPULATED, BALLOONED -> Arrays.fill(to, (byte) 0);
    }
  }

  // ---- eviction ----------------------------------------------------------------------------

  /**
   * Takes the frame of one page chosen at random: all zeros are dropped, other content goes to the
   * swap file. False if there is no page that could go.
   *
   * @param kept by index: not 0 for a page that must stay
   */
  boolean evictOne(byte[] kept) {
    if (swap == null) {
      return false;
    }
    int start = 0;
    for (int look = 0; look < LOOKS + p2m.frames(); look++) {
      start = look <= LOOKS ? random.nextInt(p2m.frames()) : start + 1;
      if (evict(start % p2m.frames(), kept, swap)) {
        return true;
      }
      if (swap.failure() != null) {
        return false;
      }
    }
    return false;
  }

  private boolean evict(int index, byte[] kept, SwapFile file) {
    boolean canGo = p2m.hasFrame(index) && kept[index] == 0;
    if (!canGo || p2m.isShared(index) && !becomesOwn(index)) {
      return false;
    }
    long hfn = frame(index);
    listener.invalidate(firstGfn + index);
    if (listener.isReserved(hfn)) {
      return false;
    }
    memory.read(hfn << SHIFT, page, 0, FRAME);
    if (Arrays.equals(page, ZEROS)) {
      p2m.setZero(index);
      zeroDropped++;
    } else {
      int slot = file.write(page);
      if (slot < 0) {
        return false;
      }
      p2m.setSwapped(index, slot);
      swappedOut++;
    }
    frames.release(hfn);
    return true;
  }

  /** Gives everything back, when no vCPU will ever run again. */
  void close() {
    for (int index = 0; index < p2m.frames(); index++) {
      release(index);
    }
  }
}
