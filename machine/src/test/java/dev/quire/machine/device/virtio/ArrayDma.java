package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A device's memory as one array at {@link #BASE}; everything else faults. */
final class ArrayDma implements Dma {
  static final long BASE = 0x8000_0000L;

  final byte[] bytes;
  final ByteBuffer memory;

  ArrayDma(int size) {
    bytes = new byte[size];
    memory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private int index(long address, int length) throws DmaFault {
    long offset = address - BASE;
    if (offset < 0 || length < 0 || offset > bytes.length - length) {
      throw new DmaFault(address, length);
    }
    return (int) offset;
  }

  @Override
  public void read(long address, byte[] to, int offset, int length) throws DmaFault {
    System.arraycopy(bytes, index(address, length), to, offset, length);
  }

  @Override
  public void write(long address, byte[] from, int offset, int length) throws DmaFault {
    System.arraycopy(from, offset, bytes, index(address, length), length);
  }

  @Override
  public int readShort(long address) throws DmaFault {
    return memory.getShort(index(address, 2)) & 0xffff;
  }

  @Override
  public int readInt(long address) throws DmaFault {
    return memory.getInt(index(address, 4));
  }

  @Override
  public long readLong(long address) throws DmaFault {
    return memory.getLong(index(address, 8));
  }

  @Override
  public void writeShort(long address, int value) throws DmaFault {
    memory.putShort(index(address, 2), (short) value);
  }

  @Override
  public void writeInt(long address, int value) throws DmaFault {
    memory.putInt(index(address, 4), value);
  }
}
