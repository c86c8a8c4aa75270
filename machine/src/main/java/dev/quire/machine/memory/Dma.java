package dev.quire.machine.memory;

/**
 * A device's view of memory. On the bare machine addresses are machine-physical; in a VM they are
 * guest-physical and the monitor translates. A device never sees memory outside its view.
 */
public interface Dma {
  /** Copies {@code length} bytes at {@code address} out; nothing is copied when it throws. */
  void read(long address, byte[] to, int offset, int length) throws DmaFault;

  /** Copies {@code length} bytes in to {@code address}; nothing is written when it throws. */
  void write(long address, byte[] from, int offset, int length) throws DmaFault;

  /** Reads 2 little-endian bytes as 0..65535; atomic when {@code address} is aligned. */
  int readShort(long address) throws DmaFault;

  /** Reads 4 little-endian bytes; atomic when {@code address} is aligned. */
  int readInt(long address) throws DmaFault;

  /** Reads 8 little-endian bytes; atomic when {@code address} is aligned. */
  long readLong(long address) throws DmaFault;

  void writeShort(long address, int value) throws DmaFault;

  void writeInt(long address, int value) throws DmaFault;
}
