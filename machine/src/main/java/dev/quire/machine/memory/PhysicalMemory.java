package dev.quire.machine.memory;

/**
 * Machine memory (RAM): one range of machine-physical addresses (hpa), backed by host memory that
 * costs nothing until touched. All methods throw {@link IllegalArgumentException} for a range that
 * is not wholly inside: callers that take addresses from a guest ask {@link #contains} first.
 *
 * <p>Harts store directly through their TLBs; everyone else writes through this class, so that code
 * decoded from a frame is dropped when the frame is written ({@link CodeWatcher}). A frame that has
 * decoded code is marked here, and a marked frame is never a direct target of a hart's store.
 */
public final class PhysicalMemory implements AutoCloseable {
  public static final int FRAME_SHIFT = 12;
  public static final long FRAME_SIZE = 1L << FRAME_SHIFT;

  /** Is told of every write to a frame marked as holding decoded code. */
  public interface CodeWatcher {
    /** Called after {@code length} bytes from {@code hpa} changed; the range may span frames. */
    void codeWritten(long hpa, long length);
  }

  private final long base;
  private final long size;
  private final long host;
  private final byte[] hasCode;
  private CodeWatcher watcher = (hpa, length) -> {};

  /** RAM from {@code base}, {@code size} bytes; both multiples of 4 KiB, size below 2^43. */
  public PhysicalMemory(long base, long size) {
    if (((base | size) & (FRAME_SIZE - 1)) != 0 || size <= 0 || size >>> FRAME_SHIFT > 1L << 31) {
      throw new IllegalArgumentException("memory of " + size + " bytes at " + base);
    }
    this.base = base;
    this.size = size;
    this.host = HostMemory.map(size);
    this.hasCode = new byte[(int) (size >>> FRAME_SHIFT)];
  }

  public long base() {
    return base;
  }

  public long size() {
    return size;
  }

  /** Whether all bytes of the range are RAM; true for an empty range inside. Never overflows. */
  public boolean contains(long hpa, long length) {
    long offset = hpa - base;
    return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
  }

  /** The host address of {@code hpa}, with {@code length} bytes behind it that may be used. */
  public long hostAddress(long hpa, long length) {
    if (!contains(hpa, length)) {
      throw new IllegalArgumentException(
          "hpa 0x%x + %d is outside memory 0x%x + %d".formatted(hpa, length, base, size));
    }
    return host + (hpa - base);
  }

  // ---- code marks -------------------------------------------------------------------------

  public void watchCode(CodeWatcher watcher) {
    this.watcher = watcher;
  }

  public boolean hasCode(long hpa) {
    return hasCode[frameIndex(hpa)] != 0;
  }

  public void markCode(long hpa, boolean code) {
    hasCode[frameIndex(hpa)] = (byte) (code ? 1 : 0);
  }

  /** Index of the frame that holds {@code hpa}, from 0 at {@link #base}. */
  public int frameIndex(long hpa) {
    return (int) ((hpa - base) >>> FRAME_SHIFT);
  }

  /** The machine address of what {@link #hostAddress} gave an address for. */
  public long hpaOf(long hostAddress) {
    return hostAddress - host + base;
  }

  /** Says that {@code length} bytes at an address that {@link #hostAddress} gave were written. */
  public void writtenAt(long hostAddress, long length) {
    written(hpaOf(hostAddress), length);
  }

  private void written(long hpa, long length) {
    int last = frameIndex(hpa + length - 1);
    for (int frame = frameIndex(hpa); frame <= last; frame++) {
      if (hasCode[frame] != 0) {
        watcher.codeWritten(hpa, length);
        return;
      }
    }
  }

  // ---- reads ------------------------------------------------------------------------------

  public byte readByte(long hpa) {
    return HostMemory.getByte(hostAddress(hpa, 1));
  }

  public short readShort(long hpa) {
    return HostMemory.getShort(hostAddress(hpa, 2));
  }

  public int readInt(long hpa) {
    return HostMemory.getInt(hostAddress(hpa, 4));
  }

  public long readLong(long hpa) {
    return HostMemory.getLong(hostAddress(hpa, 8));
  }

  public void read(long hpa, byte[] to, int offset, int length) {
    HostMemory.copyOut(hostAddress(hpa, length), to, offset, length);
  }

  /** Whether two frames have the same content; both addresses 4 KiB aligned. */
  public boolean sameFrame(long oneHpa, long otherHpa) {
    return HostMemory.isSame(
        hostAddress(oneHpa, FRAME_SIZE), hostAddress(otherHpa, FRAME_SIZE), FRAME_SIZE);
  }

  /** Whether a frame is all zero: each of its words is equal to the next, and the first is zero. */
  public boolean isZeroFrame(long hpa) {
    long host = hostAddress(hpa, FRAME_SIZE);
    return HostMemory.getLong(host) == 0
        && HostMemory.isSame(host, host + Long.BYTES, FRAME_SIZE - Long.BYTES);
  }

  // ---- writes -----------------------------------------------------------------------------

  public void writeByte(long hpa, byte value) {
    HostMemory.putByte(hostAddress(hpa, 1), value);
    written(hpa, 1);
  }

  public void writeShort(long hpa, short value) {
    HostMemory.putShort(hostAddress(hpa, 2), value);
    written(hpa, 2);
  }

  public void writeInt(long hpa, int value) {
    HostMemory.putInt(hostAddress(hpa, 4), value);
    written(hpa, 4);
  }

  public void writeLong(long hpa, long value) {
    HostMemory.putLong(hostAddress(hpa, 8), value);
    written(hpa, 8);
  }

  public void write(long hpa, byte[] from, int offset, int length) {
    if (length == 0) {
      return;
    }
    HostMemory.copyIn(from, offset, hostAddress(hpa, length), length);
    written(hpa, length);
  }

  /** Atomic; {@code hpa} 4-byte aligned. */
  public boolean compareAndSetInt(long hpa, int expected, int value) {
    boolean done = HostMemory.compareAndSetInt(hostAddress(hpa, 4), expected, value);
    if (done) {
      written(hpa, 4);
    }
    return done;
  }

  /** Atomic; {@code hpa} 8-byte aligned. */
  public boolean compareAndSetLong(long hpa, long expected, long value) {
    boolean done = HostMemory.compareAndSetLong(hostAddress(hpa, 8), expected, value);
    if (done) {
      written(hpa, 8);
    }
    return done;
  }

  public void zero(long hpa, long length) {
    if (length == 0) {
      return;
    }
    HostMemory.zero(hostAddress(hpa, length), length);
    written(hpa, length);
  }

  /** Copies one frame; both addresses 4 KiB aligned. */
  public void copyFrame(long fromHpa, long toHpa) {
    HostMemory.copy(hostAddress(fromHpa, FRAME_SIZE), hostAddress(toHpa, FRAME_SIZE), FRAME_SIZE);
    written(toHpa, FRAME_SIZE);
  }

  /** Zeroes whole frames by handing them back to the host; they cost nothing until touched. */
  public void discard(long hpa, long length) {
    HostMemory.discard(hostAddress(hpa, length), length);
    written(hpa, length);
  }

  @Override
  public void close() {
    HostMemory.unmap(host, size);
  }
}
