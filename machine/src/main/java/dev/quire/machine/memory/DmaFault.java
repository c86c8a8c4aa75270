package dev.quire.machine.memory;

/** A device was pointed at bytes outside the memory that it was given. */
public final class DmaFault extends Exception {
  private static final long serialVersionUID = 1L;

  public DmaFault(long address, long length) {
    super("DMA to 0x%x + %d, outside the memory of this device".formatted(address, length));
  }
}
