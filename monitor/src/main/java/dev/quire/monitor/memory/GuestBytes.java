package dev.quire.monitor.memory;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.memory.PhysicalMemory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Guest memory as bytes: what {@link GuestMemory} says of pages and frames, for accesses of every
 * size. A page that a paging method keeps is read and written entry by entry, by {@link
 * TableKeeper}. Addresses are guest-physical (gpa); all is done under the VM's paging lock.
 */
abstract sealed class GuestBytes implements Dma permits GuestMemory {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int FRAME = (int) PhysicalMemory.FRAME_SIZE;

  private final PhysicalMemory memory;
  private TableKeeper keeper = new RawEntries();

  GuestBytes(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Sets who keeps pages that {@link #keepsReads} or {@link #keepsWrites}. */
  final void setKeeper(@Nullable TableKeeper tableKeeper) {
    keeper = tableKeeper == null ? new RawEntries() : tableKeeper;
  }

  /** The hpa of {@code gpa} for a read, or -1 if nothing is behind it and so it is zero. */
  abstract long hpaToRead(long gpa);

  /** The hpa of {@code gpa} for a write, in a frame of its own. */
  abstract long hpaToWrite(long gpa);

  abstract boolean keepsReads(long gpa);

  abstract boolean keepsWrites(long gpa);

  /** The guest, or a device for it, reads or writes the page of {@code gpa}, which is RAM. */
  abstract void accessed(long gpa);

  /** Has nobody write the page before a watcher is told; false if that cannot be. */
  public abstract boolean watch(long gfn);

  /** Before something that may need frames. */
  public abstract boolean makeRoom();

  /** Whether all bytes of the range are RAM of the guest; true for an empty range inside. */
  public abstract boolean contains(long gpa, long length);

  /** Takes the frame away: the page reads as zero from now on, whoever kept it. */
  public abstract void release(long gfn);

  // ---- entries -----------------------------------------------------------------------------

  /** Entries as they lie in memory. */
  private final class RawEntries implements TableKeeper {
    @Override
    public long readEntry(long gpa) {
      long hpa = hpaToRead(gpa);
      return hpa < 0 ? 0 : memory.readLong(hpa);
    }

    @Override
    public void writeEntry(long gpa, long value) {
      memory.writeLong(hpaToWrite(gpa), value);
    }
  }

  /** The 8 bytes at {@code gpa}, in RAM and 8-byte aligned, as the guest's MMU reads them. */
  public synchronized long readEntry(long gpa) {
    accessed(gpa);
    return peekEntry(gpa);
  }

  /** The same for a reader that the guest's use of memory has nothing to do with. */
  public synchronized long peekEntry(long gpa) {
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
    accessed(gpa);
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
    long first = peekEntry(gpa & -8) >>> shift;
    boolean crosses = (gpa & 7) + length > 8;
    long all = crosses ? first | peekEntry((gpa & -8) + 8) << 64 - shift : first;
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
    long merged = mask == -1 ? value : peekEntry(gpa) & ~mask | value & mask;
    writeEntry(gpa, merged);
  }

  private static long mask(int length) {
    return -1L >>> 64 - 8 * length;
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
    accessed(gpa);
    long hpa = hpaToRead(gpa);
    if (hpa < 0) {
      Arrays.fill(to, offset, offset + count, (byte) 0);
    } else if (!keepsReads(gpa)) {
      memory.read(hpa, to, offset, count);
    } else {
      readInEntries(gpa, to, offset, count);
    }
  }

  final void readInEntries(long gpa, byte[] to, int offset, int count) {
    for (int done = 0; done < count; ) {
      int part = Math.min(count - done, 8 - (int) (gpa + done & 7));
      long value = readInEntries(gpa + done, part);
      for (int i = 0; i < part; i++) {
        to[offset + done + i] = (byte) (value >>> 8 * i);
      }
      done += part;
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
    accessed(gpa);
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

  /**
   * Writes a whole page, 4096 bytes, which is watched from then on, as one step for everybody;
   * false if it cannot be.
   *
   * @param gpa the page's first
   */
  public synchronized boolean fill(long gpa, byte[] from, int offset) throws DmaFault {
    check(gpa, FRAME);
    if (keepsWrites(gpa)) {
      writePage(gpa, from, offset, FRAME);
      return false;
    }
    makeRoom();
    accessed(gpa);
    long hpa = hpaToWrite(gpa);
    boolean isWatched = watch(gpa >>> SHIFT);
    memory.write(hpa, from, offset, FRAME);
    return isWatched;
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
    accessed(gpa);
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
      return;
    }
    accessed(gpa);
    if (keepsWrites(gpa)) {
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
