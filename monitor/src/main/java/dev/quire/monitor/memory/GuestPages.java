package dev.quire.monitor.memory;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import java.util.Arrays;
import java.util.SplittableRandom;
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
    this.firstGfn = firstGfn;
    this.firstHfn = memory.base() >>> SHIFT;
    this.p2m = new P2m(count);
    this.random = new SplittableRandom(vm);
  }

  void listen(P2mListener p2mListener) {
    listener = p2mListener;
  }

  int count() {
    return p2m.frames();
  }

  PageState state(int index) {
    return p2m.state(index);
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
        reported);
  }

  long swappedIn() {
    return swappedIn;
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

  /** Gives a page that has a frame another one. Throws {@link OutOfFrames}. */
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
      case PRIVATE -> {
        long hfn = frame(index);
        listener.invalidate(firstGfn + index);
        p2m.setUnpopulated(index);
        frames.release(hfn);
        return true;
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
    if (p2m.state(index) == PageState.PRIVATE || p2m.state(index) == PageState.SWAPPED) {
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
    if (!p2m.hasFrame(index) || kept[index] != 0) {
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
