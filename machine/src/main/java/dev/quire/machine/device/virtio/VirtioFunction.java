package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;

/**
 * What a virtio device does, apart from its transport. All methods are called with the transport's
 * lock held; work that starts elsewhere (a completion, host input) goes through {@link
 * VirtioMmio#run}.
 */
public interface VirtioFunction {
  /** The device's number in chapter 5 of the specification. */
  int deviceId();

  /** The device's own feature bits; the transport adds those of the rings. */
  long features();

  int queueCount();

  /** The configuration space, little-endian; reads beyond its end give zero. */
  byte[] config();

  /** The driver writes {@code size} bytes of the configuration space; most devices have no use. */
  default void writeConfig(int offset, int size, long value) {}

  /** Called once, before anything else. */
  void attach(VirtioMmio transport);

  /** The driver is ready; {@code features} are those negotiated. */
  void start(long features) throws VirtioFault, DmaFault;

  /** The driver says that {@code queue}, which is ready, has new buffers. */
  void notified(int queue) throws VirtioFault, DmaFault;

  /** The driver reset the device: requests under way are forgotten. */
  void reset();

  /** Writes what the function knows beyond its queues. */
  default void save(StateWriter out) {}

  /** Takes it over, after transport and queues have theirs; before the guest runs. */
  default void load(StateReader in) {}
}
