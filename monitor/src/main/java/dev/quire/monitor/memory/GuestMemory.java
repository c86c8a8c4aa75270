package dev.quire.monitor.memory;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One VM's memory: the P2M, from guest frame to machine frame, filled on first touch, and the way
 * in for everyone but the guest's own instructions. Addresses are guest-physical (gpa). Reading
 * what was never written neither populates it nor costs anything.
 *
 * <p>Thread-safe. This object's monitor is the VM's paging lock: paging methods hold it while they
 * change tables, so that the P2M and what is derived from it change together.
 */
public final class GuestMemory implements Dma {
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

  private P2mListener listener = gfn -> {};
  private TableKeeper keeper;

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
    this.memory = memory;
    this.frames = frames;
    this.vm = vm;
    this.base = base;
    this.size = size;
    this.inBlocks = inBlocks;
    this.firstGfn = base >>> SHIFT;
    this.pages = new GuestPages(memory, frames, swap, vm, firstGfn, (int) (size >>> SHIFT));
    this.kept = new byte[pages.count()];
    this.keeper = new RawEntries();
  }

  /** Sets who hears of frames that go away; before the VM runs. */
  public void listen(P2mListener p2mListener) {
    listener = p2mListener;
    pages.listen(p2mListener);
  }

  /** Sets who keeps frames that are marked by {@link #setKept}; null if none will be. */
  public synchronized void keep(@Nullable TableKeeper tableKeeper) {
    this.keeper = tableKeeper == null ? new RawEntries() : tableKeeper;
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

  /** Bytes that have frames. */
  public synchronized long resident() {
    return (long) pages.counts().privatePages() << SHIFT;
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

  /** Whether all bytes of the range are RAM of the guest; true for an empty range inside. */
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
   * others. Throws {@link OutOfFrames}.
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

  private void populate(int index) {
    long start = (firstGfn + index) & -BLOCK_FRAMES;
    if (inBlocks
        && contains(start << SHIFT, (long) BLOCK_FRAMES << SHIFT)
        && pages.populateBlock(index(start), BLOCK_FRAMES)) {
      return;
    }
    pages.populate(index);
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

  /** The one guest frame behind which {@code hfn} stands, or -1 if it is not one of this VM's. */
  public synchronized long gfnOf(long hfn) {
    return frames.gfnOf(hfn, vm);
  }

  /**
   * The first machine frame of the 2 MiB block around {@code gfn} if the block is all inside RAM
   * and backed by an aligned block of frames, else -1.
   */
  public synchronized long blockFor(long gfn) {
    long start = gfn & -BLOCK_FRAMES;
    if (!inBlocks || !contains(start << SHIFT, (long) BLOCK_FRAMES << SHIFT)) {
      return -1;
    }
    int index = index(start);
    long hfn = pages.frame(index);
    if (hfn < 0 || (hfn & (BLOCK_FRAMES - 1)) != 0) {
      return -1;
    }
    for (int i = 1; i < BLOCK_FRAMES; i++) {
      if (pages.frame(index + i) != hfn + i) {
        return -1;
      }
    }
    return hfn;
  }

  /** Takes the frame away: the page reads as zero from now on, whoever kept it. */
  public synchronized void release(long gfn) {
    pages.release(index(gfn));
  }

  /**
   * Gives the page another machine frame, with the same content; nothing if it has none. Throws
   * {@link OutOfFrames}.
   */
  public synchronized void move(long gfn) {
    if (pages.frame(index(gfn)) >= 0) {
      pages.move(index(gfn));
    }
  }

  /** Has every vCPU come to the monitor at its next access to the page, which keeps its frame. */
  public synchronized void revoke(long gfn) {
    if (pages.frame(index(gfn)) >= 0) {
      listener.invalidate(gfn);
    }
  }

  // ---- what the guest gives away -------------------------------------------------------------

  /** The guest's balloon takes a page, whose content is gone; nothing if it is not RAM. */
  public synchronized void balloon(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      pages.balloon(index(gfn));
    }
  }

  /** The guest's balloon gives a page back; nothing if it is not RAM. */
  public synchronized void deflate(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      pages.deflate(index(gfn));
    }
  }

  /**
   * The guest says that a page is free: its content is gone, and it may use it again without
   * notice; nothing if it is not RAM.
   */
  public synchronized void discard(long gfn) {
    if (contains(gfn << SHIFT, FRAME)) {
      pages.discard(index(gfn));
    }
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
   * pages of this VM go; but it keeps some, without which no instruction would ever complete. False
   * if too few could go.
   */
  public boolean makeRoom() {
    if (!frames.isShort()) {
      return true;
    }
    synchronized (this) {
      while (frames.isShort()) {
        boolean few = pages.counts().privatePages() < LEAST_PAGES;
        if (few || evict(ROOM) == 0) {
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

  /** Entries as they lie in memory. */
  private final class RawEntries implements TableKeeper {
    @Override
    public long readEntry(long gpa) {
      return memory.readLong(hpaToWrite(gpa));
    }

    @Override
    public void writeEntry(long gpa, long value) {
      memory.writeLong(hpaToWrite(gpa), value);
    }
  }

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
    for (int i = first; i < first + BLOCK_FRAMES; i++) {
      if (kept[i] != 0) {
        return true;
      }
    }
    return false;
  }

  private boolean keepsReads(long gpa) {
    return (kept[index(gpa >>> SHIFT)] & OWN_READS) != 0;
  }

  private boolean keepsWrites(long gpa) {
    return (kept[index(gpa >>> SHIFT)] & OWN_WRITES) != 0;
  }

  /** The 8 bytes at {@code gpa}, in RAM and 8-byte aligned. */
  public synchronized long readEntry(long gpa) {
    if (keepsReads(gpa)) {
      return keeper.readEntry(gpa);
    }
    long hpa = hpaToRead(gpa);
    return hpa < 0 ? 0 : memory.readLong(hpa);
  }

  private void writeEntry(long gpa, long value) {
    if (keepsWrites(gpa)) {
      keeper.writeEntry(gpa, value);
    } else {
      memory.writeLong(hpaToWrite(gpa), value);
    }
  }

  /** As {@link #compareAndSet}, of the 8 bytes at {@code gpa}. */
  public boolean compareAndSetEntry(long gpa, long expected, long value) {
    return compareAndSet(gpa, 8, expected, value);
  }

  /**
   * Writes {@code value} if {@code expected} is there, as one step for everybody.
   *
   * @param gpa in RAM, aligned to {@code length}
   * @param length 4 or 8 bytes, of which both values have no more than the low ones
   */
  public synchronized boolean compareAndSet(long gpa, int length, long expected, long value) {
    if (keepsWrites(gpa)) {
      boolean same = (readInEntries(gpa, length) ^ expected) << 64 - 8 * length == 0;
      if (same) {
        writeInEntries(gpa, length, value);
      }
      return same;
    }
    long hpa = hpaToWrite(gpa);
    return length == 8
        ? memory.compareAndSetLong(hpa, expected, value)
        : memory.compareAndSetInt(hpa, (int) expected, (int) value);
  }

  /** Up to 8 bytes inside a page, whose upper bytes are zero; the entries that hold them. */
  private long readInEntries(long gpa, int length) {
    int shift = (int) (gpa & 7) * 8;
    long first = readEntry(gpa & -8) >>> shift;
    boolean crosses = (gpa & 7) + length > 8;
    long all = crosses ? first | readEntry((gpa & -8) + 8) << 64 - shift : first;
    return all & mask(length);
  }

  private void writeInEntries(long gpa, int length, long value) {
    int shift = (int) (gpa & 7) * 8;
    mergeEntry(gpa & -8, value << shift, mask(length) << shift);
    if ((gpa & 7) + length > 8) {
      mergeEntry((gpa & -8) + 8, value >>> 64 - shift, mask(length) >>> 64 - shift);
    }
  }

  private void mergeEntry(long gpa, long value, long mask) {
    long merged = mask == -1 ? value : readEntry(gpa) & ~mask | value & mask;
    writeEntry(gpa, merged);
  }

  private static long mask(int length) {
    return -1L >>> 64 - 8 * length;
  }

  private int index(long gfn) {
    long index = gfn - firstGfn;
    if (index < 0 || index >= pages.count()) {
      throw new IllegalArgumentException("gfn 0x%x is not RAM of VM %d".formatted(gfn, vm));
    }
    return (int) index;
  }

  /** The hpa of {@code gpa} for a read, or -1 if nothing is behind it and so it is zero. */
  private long hpaToRead(long gpa) {
    return switch (pages.state(index(gpa >>> SHIFT))) {
      case PRIVATE, SWAPPED -> hpaToWrite(gpa);
      case UNPOPULATED, BALLOONED -> -1;
    };
  }

  private long hpaToWrite(long gpa) {
    return (frameFor(gpa >>> SHIFT) << SHIFT) + (gpa & FRAME - 1);
  }

  // ---- bytes -------------------------------------------------------------------------------

  @Override
  public synchronized void read(long gpa, byte[] to, int offset, int length) throws DmaFault {
    check(gpa, length);
    for (int done = 0; done < length; ) {
      int count = inPage(gpa + done, length - done);
      readPage(gpa + done, to, offset + done, count);
      done += count;
    }
  }

  private void readPage(long gpa, byte[] to, int offset, int count) {
    makeRoom();
    long hpa = hpaToRead(gpa);
    if (hpa < 0) {
      Arrays.fill(to, offset, offset + count, (byte) 0);
    } else if (!keepsReads(gpa)) {
      memory.read(hpa, to, offset, count);
    } else {
      for (int i = 0; i < count; i++) {
        to[offset + i] = (byte) readInEntries(gpa + i, 1);
      }
    }
  }

  @Override
  public synchronized void write(long gpa, byte[] from, int offset, int length) throws DmaFault {
    check(gpa, length);
    for (int done = 0; done < length; ) {
      int count = inPage(gpa + done, length - done);
      writePage(gpa + done, from, offset + done, count);
      done += count;
    }
  }

  private void writePage(long gpa, byte[] from, int offset, int count) {
    makeRoom();
    if (!keepsWrites(gpa)) {
      memory.write(hpaToWrite(gpa), from, offset, count);
      return;
    }
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, 8 - (int) (gpa + done & 7));
      long value = 0;
      for (int i = part - 1; i >= 0; i--) {
        value = value << 8 | from[offset + done + i] & 0xff;
      }
      writeInEntries(gpa + done, part, value);
      done += part;
    }
  }

  /** Zeroes bytes: whole frames are given back, unless they are kept. */
  public synchronized void zero(long gpa, long length) throws DmaFault {
    check(gpa, length);
    for (long done = 0; done < length; ) {
      int count = inPage(gpa + done, length - done);
      if (keepsWrites(gpa + done)) {
        writePage(gpa + done, new byte[count], 0, count);
      } else if (count == FRAME) {
        release(gpa + done >>> SHIFT);
      } else if (hpaToRead(gpa + done) >= 0) {
        memory.zero(hpaToWrite(gpa + done), count);
      }
      done += count;
    }
  }

  @Override
  public synchronized int readShort(long gpa) throws DmaFault {
    return (int) readNumber(gpa, 2) & 0xffff;
  }

  @Override
  public synchronized int readInt(long gpa) throws DmaFault {
    return (int) readNumber(gpa, 4);
  }

  @Override
  public synchronized long readLong(long gpa) throws DmaFault {
    return readNumber(gpa, 8);
  }

  /** The {@code length} (1, 2, 4 or 8) bytes at {@code gpa}; what is above them is undefined. */
  public synchronized long readNumber(long gpa, int length) throws DmaFault {
    check(gpa, length);
    if (inPage(gpa, length) < length) {
      byte[] bytes = new byte[length];
      read(gpa, bytes, 0, length);
      long value = 0;
      for (int i = length - 1; i >= 0; i--) {
        value = value << 8 | bytes[i] & 0xff;
      }
      return value;
    }
    long hpa = hpaToRead(gpa);
    if (hpa < 0) {
      return 0;
    }
    if (keepsReads(gpa)) {
      return readInEntries(gpa, length);
    }
    return switch (length) {
      case 1 -> memory.readByte(hpa);
      case 2 -> memory.readShort(hpa);
      case 4 -> memory.readInt(hpa);
      default -> memory.readLong(hpa);
    };
  }

  @Override
  public synchronized void writeShort(long gpa, int value) throws DmaFault {
    writeNumber(gpa, 2, value);
  }

  @Override
  public synchronized void writeInt(long gpa, int value) throws DmaFault {
    writeNumber(gpa, 4, value);
  }

  /** Writes the low {@code length} (1, 2, 4 or 8) bytes of {@code value}. */
  public synchronized void writeNumber(long gpa, int length, long value) throws DmaFault {
    check(gpa, length);
    if (inPage(gpa, length) < length) {
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i++) {
        bytes[i] = (byte) (value >>> 8 * i);
      }
      write(gpa, bytes, 0, length);
    } else if (keepsWrites(gpa)) {
      writeInEntries(gpa, length, value);
    } else {
      writeRaw(hpaToWrite(gpa), length, value);
    }
  }

  private void writeRaw(long hpa, int length, long value) {
    switch (length) {
      case 1 -> memory.writeByte(hpa, (byte) value);
      case 2 -> memory.writeShort(hpa, (short) value);
      case 4 -> memory.writeInt(hpa, (int) value);
      default -> memory.writeLong(hpa, value);
    }
  }

  private void check(long gpa, long length) throws DmaFault {
    if (!contains(gpa, length)) {
      throw new DmaFault(gpa, length);
    }
  }

  private static int inPage(long gpa, long length) {
    return (int) Math.min(length, FRAME - (gpa & FRAME - 1));
  }
}
