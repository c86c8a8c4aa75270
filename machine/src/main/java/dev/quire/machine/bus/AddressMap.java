package dev.quire.machine.bus;

import java.util.ArrayList;
import java.util.List;

/** A bus made of devices at fixed, disjoint ranges. Filled before the machine runs, then fixed. */
public final class AddressMap implements Bus {
  private record Range(long base, long size, Device device) {}

  private final List<Range> ranges = new ArrayList<>();

  /** Places {@code device} at {@code base}; throws if the range overlaps another's. */
  public void add(long base, long size, Device device) {
    for (Range range : ranges) {
      if (base < range.base + range.size && range.base < base + size) {
        throw new IllegalArgumentException("device ranges overlap at 0x%x".formatted(base));
      }
    }
    ranges.add(new Range(base, size, device));
  }

  /** Whether a device is at {@code address}. */
  public boolean contains(long address) {
    for (Range range : ranges) {
      if (Long.compareUnsigned(address - range.base, range.size) < 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long read(long address, int size) {
    Range range = find(address, size);
    return range.device.read(address - range.base, size);
  }

  @Override
  public void write(long address, int size, long value) {
    Range range = find(address, size);
    range.device.write(address - range.base, size, value);
  }

  private Range find(long address, int size) {
    for (int i = 0; i < ranges.size(); i++) {
      Range range = ranges.get(i);
      long offset = address - range.base;
      if (Long.compareUnsigned(offset, range.size) < 0 && offset + size <= range.size) {
        return range;
      }
    }
    throw BusFault.INSTANCE;
  }
}
