package dev.quire.monitor.memory;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
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

  /** In {@link #setKept}: writes to the frame go to the keeper. */
  public static final int OWN_WRITES = 1;

  /** In {@link #setKept}: reads of the frame go to the keeper. */
  public static final int OWN_READS = 2;

  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int FRAME = (int) PhysicalMemory.FRAME_SIZE;
  private static final int NONE = -1;

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final int vm;
  private final long base;
  private final long size;
  private final boolean inBlocks;
  private final long firstGfn;
  private final long firstHfn;

  /** By gfn - firstGfn: hfn - firstHfn, or {@link #NONE}. */
  private final int[] p2m;

  /** The way back, by hfn - firstHfn: gfn - firstGfn, or {@link #NONE}. */
  private final int[] m2p;

  /** By gfn - firstGfn: {@link #OWN_WRITES}, {@link #OWN_READS}. */
  private final byte[] kept;

  private int populated;
  private P2mListener listener = gfn -> {};
  private TableKeeper keeper;

  /**
   * @param vm the VM's number, at least 1; owner of its frames
   * @param base first gpa of RAM, like {@code size} a multiple of 4 KiB
   * @param inBlocks whether to back whole aligned 2 MiB blocks at once where there is room
   */
  public GuestMemory(
      PhysicalMemory memory, FrameTable frames, int vm, long base, long size, boolean inBlocks) {
    this.memory = memory;
    this.frames = frames;
    this.vm = vm;
    this.base = base;
    this.size = size;
    this.inBlocks = inBlocks;
    this.firstGfn = base >>> SHIFT;
    this.firstHfn = memory.base() >>> SHIFT;
    this.p2m = new int[(int) (size >>> SHIFT)];
    Arrays.fill(p2m, NONE);
    this.m2p = new int[frames.total()];
    Arrays.fill(m2p, NONE);
    this.kept = new byte[p2m.length];
    this.keeper = new RawEntries();
  }

  /** Sets who hears of frames that go away; before the VM runs. */
  public void listen(P2mListener p2mListener) {
    this.listener = p2mListener;
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
    return (long) populated << SHIFT;
  }

  /** Whether all bytes of the range are RAM of the guest; true for an empty range inside. */
  public boolean contains(long gpa, long length) {
    long offset = gpa - base;
    return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
  }

  // ---- the P2M -----------------------------------------------------------------------------

  public synchronized PageState state(long gfn) {
    return p2m[index(gfn)] == NONE ? PageState.UNPOPULATED : PageState.PRIVATE;
  }

  /**
   * The machine frame behind {@code gfn}, which gets one if it has none. Throws {@link
   * OutOfFrames}.
   */
  public synchronized long frameFor(long gfn) {
    int index = index(gfn);
    if (p2m[index] == NONE) {
      populate(index);
    }
    return firstHfn + p2m[index];
  }

  /**
   * Backs all of RAM, in order: of a machine whose memory is the guest's alone, and begins at the
   * same address, each frame gets itself.
   */
  public synchronized void populateAll() {
    for (int i = 0; i < p2m.length; i++) {
      frameFor(firstGfn + i);
    }
  }

  /** The machine frame behind {@code gfn}, or -1 if it has none, or is not RAM. */
  public synchronized long populatedFrame(long gfn) {
    long index = gfn - firstGfn;
    boolean has = index >= 0 && index < p2m.length && p2m[(int) index] != NONE;
    return has ? firstHfn + p2m[(int) index] : -1;
  }

  /** The one guest frame behind which {@code hfn} stands, or -1 if it is not one of this VM's. */
  public synchronized long gfnOf(long hfn) {
    long index = hfn - firstHfn;
    boolean has = index >= 0 && index < m2p.length && m2p[(int) index] != NONE;
    return has ? firstGfn + m2p[(int) index] : -1;
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
    long hfn = firstHfn + p2m[index];
    if (p2m[index] == NONE || (hfn & (BLOCK_FRAMES - 1)) != 0) {
      return -1;
    }
    for (int i = 1; i < BLOCK_FRAMES; i++) {
      if (p2m[index + i] != p2m[index] + i) {
        return -1;
      }
    }
    return hfn;
  }

  /** Takes the frame away: the page reads as zero from now on, whoever kept it. */
  public synchronized void release(long gfn) {
    int index = index(gfn);
    if (p2m[index] != NONE) {
      listener.invalidate(gfn);
      long hfn = firstHfn + p2m[index];
      m2p[p2m[index]] = NONE;
      p2m[index] = NONE;
      populated--;
      frames.release(hfn);
    }
  }

  /**
   * Gives the page another machine frame, with the same content; nothing if it has none. Throws
   * {@link OutOfFrames}.
   */
  public synchronized void move(long gfn) {
    int index = index(gfn);
    if (p2m[index] == NONE) {
      return;
    }
    long from = firstHfn + p2m[index];
    long to = frames.allocate(Use.GUEST, vm);
    listener.invalidate(gfn);
    memory.copyFrame(from << SHIFT, to << SHIFT);
    m2p[p2m[index]] = NONE;
    populated--;
    set(index, to);
    listener.moved(from, to);
    frames.release(from);
  }

  /** Has every vCPU come to the monitor at its next access to the page, which keeps its frame. */
  public synchronized void revoke(long gfn) {
    if (p2m[index(gfn)] != NONE) {
      listener.invalidate(gfn);
    }
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

  // ---- frames come and go --------------------------------------------------------------------

  private void populate(int index) {
    if (inBlocks && populateBlock(index)) {
      return;
    }
    set(index, frames.allocate(Use.GUEST, vm));
  }

  private boolean populateBlock(int index) {
    long start = (firstGfn + index) & -BLOCK_FRAMES;
    if (!contains(start << SHIFT, (long) BLOCK_FRAMES << SHIFT)) {
      return false;
    }
    int first = index(start);
    for (int i = first; i < first + BLOCK_FRAMES; i++) {
      if (p2m[i] != NONE) {
        return false;
      }
    }
    long hfn = frames.allocateBlock(BLOCK_FRAMES, Use.GUEST, vm);
    if (hfn < 0) {
      return false;
    }
    for (int i = 0; i < BLOCK_FRAMES; i++) {
      set(first + i, hfn + i);
    }
    return true;
  }

  private void set(int index, long hfn) {
    p2m[index] = (int) (hfn - firstHfn);
    m2p[p2m[index]] = index;
    populated++;
  }

  private int index(long gfn) {
    long index = gfn - firstGfn;
    if (index < 0 || index >= p2m.length) {
      throw new IllegalArgumentException("gfn 0x%x is not RAM of VM %d".formatted(gfn, vm));
    }
    return (int) index;
  }

  /** The hpa of {@code gpa} for a read, or -1 if it was never written and so is zero. */
  private long hpaToRead(long gpa) {
    int index = index(gpa >>> SHIFT);
    return p2m[index] == NONE ? -1 : (firstHfn + p2m[index] << SHIFT) + (gpa & FRAME - 1);
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
