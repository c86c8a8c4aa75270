package dev.quire.machine.device;

/** Where a device's output goes. Called with the device's lock held; must not block for long. */
@FunctionalInterface
public interface ByteSink {
  /** Takes {@code length} bytes; the array belongs to the caller and changes afterwards. */
  void accept(byte[] bytes, int offset, int length);
}
