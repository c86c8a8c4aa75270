package dev.quire.machine.mmu;

/**
 * Thrown by a load or store that leads to a device unless {@link Mmu#allowDevices}: devices look at
 * the clock and raise interrupts, so the hart first makes its counters exact, then tries again.
 */
public final class DeviceAccess extends RuntimeException {
  private static final long serialVersionUID = 1L;

  static final DeviceAccess INSTANCE = new DeviceAccess();

  private DeviceAccess() {
    super("device access", null, false, false);
  }
}
