package dev.quire.machine.memory;

/** A bare machine's DMA: addresses are hpas, and devices see all of RAM. */
public final class MemoryDma implements Dma {
  private final PhysicalMemory memory;

  public MemoryDma(PhysicalMemory memory) {
    this.memory = memory;
  }

  private void check(long hpa, long length) throws DmaFault {
    if (!memory.contains(hpa, length)) {
      throw new DmaFault(hpa, length);
    }
  }

  @Override
  public void read(long hpa, byte[] to, int offset, int length) throws DmaFault {
    check(hpa, length);
    memory.read(hpa, to, offset, length);
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) throws DmaFault {
    check(hpa, length);
    memory.write(hpa, from, offset, length);
  }

  @Override
  public int readShort(long hpa) throws DmaFault {
    check(hpa, 2);
    return Short.toUnsignedInt(memory.readShort(hpa));
  }

  @Override
  public int readInt(long hpa) throws DmaFault {
    check(hpa, 4);
    return memory.readInt(hpa);
  }

  @Override
  public long readLong(long hpa) throws DmaFault {
    check(hpa, 8);
    return memory.readLong(hpa);
  }

  @Override
  public void writeShort(long hpa, int value) throws DmaFault {
    check(hpa, 2);
    memory.writeShort(hpa, (short) value);
  }

  @Override
  public void writeInt(long hpa, int value) throws DmaFault {
    check(hpa, 4);
    memory.writeInt(hpa, value);
  }
}
