package dev.quire.machine.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The one place that touches raw host addresses. Plain accesses may be misaligned; the atomic ones
 * need natural alignment. Nothing here checks bounds: callers hold addresses that they took from
 * {@link PhysicalMemory}, which does.
 */
public final class HostMemory {
  private static final MemorySegment ALL = everything();
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final VarHandle ATOMIC_INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle ATOMIC_LONG = ValueLayout.JAVA_LONG.varHandle();

  private HostMemory() {}

  @SuppressWarnings("restricted")
  private static MemorySegment everything() {
    return MemorySegment.ofAddress(0).reinterpret(Long.MAX_VALUE);
  }

  public static byte getByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address);
  }

  public static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  public static int getInt(long address) {
    return ALL.get(INT, address);
  }

  public static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  public static void putByte(long address, byte value) {
    ALL.set(ValueLayout.JAVA_BYTE, address, value);
  }

  public static void putShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  public static void putInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  public static void putLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  /** Sequentially consistent; {@code address} 4-byte aligned. */
  public static boolean compareAndSetInt(long address, int expected, int value) {
    return ATOMIC_INT.compareAndSet(ALL, address, expected, value);
  }

  /** Sequentially consistent; {@code address} 8-byte aligned. */
  public static boolean compareAndSetLong(long address, long expected, long value) {
    return ATOMIC_LONG.compareAndSet(ALL, address, expected, value);
  }

  /** Volatile read; {@code address} 4-byte aligned. */
  public static int getIntVolatile(long address) {
    return (int) ATOMIC_INT.getVolatile(ALL, address);
  }

  /** Volatile read; {@code address} 8-byte aligned. */
  public static long getLongVolatile(long address) {
    return (long) ATOMIC_LONG.getVolatile(ALL, address);
  }

  public static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  public static void copyOut(long from, byte[] to, int offset, int length) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, length);
  }

  public static void copyIn(byte[] from, int offset, long to, int length) {
    MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, length);
  }

  public static void zero(long address, long bytes) {
    ALL.asSlice(address, bytes).fill((byte) 0);
  }

  /** Whether the {@code bytes} at both addresses are the same. */
  public static boolean isSame(long one, long other, long bytes) {
    return MemorySegment.mismatch(ALL, one, one + bytes, ALL, other, other + bytes) < 0;
  }

  /** Reserves {@code bytes} of zeroed, page-aligned memory that costs nothing until touched. */
  static long map(long bytes) {
    try {
      var result =
          (MemorySegment) Native.MMAP.invokeExact(MemorySegment.NULL, bytes, 3, 0x4022, -1, 0L);
      if (result.address() == -1) {
        throw new OutOfMemoryError("the host refused " + bytes + " bytes of guest memory");
      }
      return result.address();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mmap", e);
    }
  }

  /** Gives memory from {@link #map} back to the host. */
  static void unmap(long address, long bytes) {
    callInt(Native.MUNMAP, address, bytes);
  }

  /** Drops the contents of whole pages: they read as zero and cost nothing until touched again. */
  static void discard(long address, long bytes) {
    try {
      var _ = (int) Native.MADVISE.invokeExact(MemorySegment.ofAddress(address), bytes, 4);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("madvise", e);
    }
  }

  private static void callInt(MethodHandle function, long address, long bytes) {
    try {
      var _ = (int) function.invokeExact(MemorySegment.ofAddress(address), bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("munmap", e);
    }
  }

  /** The C library's mmap, munmap and madvise; resolved on first use. */
  private static final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    static final MethodHandle MMAP =
        find(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    static final MethodHandle MUNMAP =
        find(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    static final MethodHandle MADVISE =
        find(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));

    @SuppressWarnings("restricted")
    private static MethodHandle find(String name, FunctionDescriptor shape) {
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), shape);
    }
  }
}
