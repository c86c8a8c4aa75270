package dev.quire.monitor.memory;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable.Use;
import java.util.Arrays;

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

  private int populated;
  private P2mListener listener = gfn -> {};

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
  }

  /** Sets who hears of frames that go away; before the VM runs. */
  public void listen(P2mListener p2mListener) {
    this.listener = p2mListener;
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

  /** Takes the frame away: the page reads as zero from now on. */
  public synchronized void release(long gfn) {
    int index = index(gfn);
    if (p2m[index] != NONE) {
      listener.invalidate(gfn);
      long hfn = firstHfn + p2m[index];
      p2m[index] = NONE;
      populated--;
      frames.release(hfn);
    }
  }

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
      long hpa = hpaToRead(gpa + done);
      if (hpa < 0) {
        Arrays.fill(to, offset + done, offset + done + count, (byte) 0);
      } else {
        memory.read(hpa, to, offset + done, count);
      }
      done += count;
    }
  }

  @Override
  public synchronized void write(long gpa, byte[] from, int offset, int length) throws DmaFault {
    check(gpa, length);
    for (int done = 0; done < length; ) {
      int count = inPage(gpa + done, length - done);
      memory.write(hpaToWrite(gpa + done), from, offset + done, count);
      done += count;
    }
  }

  /** Zeroes bytes: whole frames are given back. */
  public synchronized void zero(long gpa, long length) throws DmaFault {
    check(gpa, length);
    for (long done = 0; done < length; ) {
      int count = inPage(gpa + done, length - done);
      if (count == FRAME) {
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

  private long readNumber(long gpa, int length) throws DmaFault {
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
    return switch (length) {
      case 2 -> memory.readShort(hpa);
      case 4 -> memory.readInt(hpa);
      default -> memory.readLong(hpa);
    };
  }

  @Override
  public synchronized void writeShort(long gpa, int value) throws DmaFault {
    check(gpa, 2);
    if (inPage(gpa, 2) == 2) {
      memory.writeShort(hpaToWrite(gpa), (short) value);
    } else {
      write(gpa, new byte[] {(byte) value, (byte) (value >>> 8)}, 0, 2);
    }
  }

  @Override
  public synchronized void writeInt(long gpa, int value) throws DmaFault {
    check(gpa, 4);
    if (inPage(gpa, 4) == 4) {
      memory.writeInt(hpaToWrite(gpa), value);
    } else {
      byte[] bytes = {
        (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)
      };
      write(gpa, bytes, 0, 4);
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
