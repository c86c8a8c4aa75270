package dev.quire.machine.device.virtio;

import dev.quire.machine.device.ByteSink;

/**
 * The host's end of a console port. An empty name makes it a console (hvc0, hvc1, ... in Linux);
 * another name a channel (/dev/virtio-ports/NAME, /dev/vport0p1, ...). The sink and the listener
 * are called with the device's lock held.
 */
public record ConsolePort(String name, ByteSink output, OpenListener opened) {
  /** Is told when the guest opens or closes its end. */
  @FunctionalInterface
  public interface OpenListener {
    void opened(boolean open);
  }

  /** A console. */
  public static ConsolePort console(ByteSink output) {
    return new ConsolePort("", output, open -> {});
  }

  boolean isConsole() {
    return name.isEmpty();
  }
}
