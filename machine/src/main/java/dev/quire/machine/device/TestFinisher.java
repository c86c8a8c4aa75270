package dev.quire.machine.device;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;

/**
 * SiFive's test finisher ("sifive,test1"): one 32-bit register at offset 0 that ends the run. A
 * write of 0x5555 passes, 0x3333 fails with the status in the upper half, 0x7777 resets; anything
 * else is ignored. Reads as zero.
 */
public final class TestFinisher implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x1000;

  private static final int FAIL = 0x3333;
  private static final int PASS = 0x5555;
  private static final int RESET = 0x7777;

  private final PowerSwitch power;

  public TestFinisher(PowerSwitch power) {
    this.power = power;
  }

  @Override
  public long read(long offset, int size) {
    checkSize(size);
    return 0;
  }

  @Override
  public void write(long offset, int size, long value) {
    checkSize(size);
    if (offset != 0) {
      return;
    }
    switch ((int) value & 0xffff) {
      case PASS -> power.powerOff(0);
      case FAIL -> power.powerOff(size == 4 ? (int) value >>> 16 : 0);
      case RESET -> power.reset();
      default -> {}
    }
  }

  private static void checkSize(int size) {
    if (size != 2 && size != 4) {
      throw BusFault.INSTANCE;
    }
  }
}
