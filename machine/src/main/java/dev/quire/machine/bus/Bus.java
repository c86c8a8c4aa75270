package dev.quire.machine.bus;

/** Everything in the physical address space that is not RAM. */
public interface Bus {
  /** A naturally aligned read of 1, 2, 4 or 8 bytes; throws {@link BusFault} where nothing is. */
  long read(long hpa, int size);

  /** A naturally aligned write of 1, 2, 4 or 8 bytes; throws {@link BusFault} where nothing is. */
  void write(long hpa, int size, long value);
}
