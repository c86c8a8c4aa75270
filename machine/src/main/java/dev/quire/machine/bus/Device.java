package dev.quire.machine.bus;

/**
 * A memory-mapped device. Offsets are from the start of its range, naturally aligned; sizes are 1,
 * 2, 4 or 8 bytes. Registers that do not exist read as zero and ignore writes; a size that the
 * device does not take throws {@link BusFault}. May be called from several hart threads.
 */
public interface Device {
  /** The register's value in the low {@code size} bytes; higher bits are ignored. */
  long read(long offset, int size);

  void write(long offset, int size, long value);
}
