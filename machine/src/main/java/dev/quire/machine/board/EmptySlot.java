package dev.quire.machine.board;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;

/** A virtio-mmio slot without a device (virtio 1.3, 4.2.2: DeviceID 0, to be ignored quietly). */
final class EmptySlot implements Device {
  private static final int MAGIC = 0x74726976;
  private static final int VERSION = 2;

  @Override
  public long read(long offset, int size) {
    if (size != 4) {
      throw BusFault.INSTANCE;
    }
    return offset == 0 ? MAGIC : offset == 4 ? VERSION : 0;
  }

  @Override
  public void write(long offset, int size, long value) {}
}
