package dev.quire.machine.device.virtio;

/** The driver broke a rule of its rings or requests; the device stops until it is reset. */
public final class VirtioFault extends Exception {
  private static final long serialVersionUID = 1L;

  public VirtioFault(String message) {
    super(message);
  }
}
