package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.DmaFault;
import org.jspecify.annotations.Nullable;

/**
 * The entropy device (specification, section 5.4): fills each buffer with random bytes, at once.
 */
public final class VirtioEntropy implements VirtioFunction {
  private static final int MAX_BYTES = 4096;

  private final RandomSource source;
  private @Nullable VirtioMmio transport;

  public VirtioEntropy(RandomSource source) {
    this.source = source;
  }

  @Override
  public int deviceId() {
    return 4;
  }

  @Override
  public long features() {
    return 0;
  }

  @Override
  public int queueCount() {
    return 1;
  }

  @Override
  public byte[] config() {
    return new byte[0];
  }

  @Override
  public void attach(VirtioMmio transport) {
    this.transport = transport;
  }

  @Override
  public void start(long features) {}

  @Override
  public void notified(int index) throws VirtioFault, DmaFault {
    if (transport == null) {
      return;
    }
    Virtqueue queue = transport.queue(index);
    int end = queue.observe();
    for (DescriptorChain chain = queue.pop(end); chain != null; chain = queue.pop(end)) {
      byte[] bytes = new byte[(int) Math.min(chain.writable(), MAX_BYTES)];
      source.fill(bytes);
      chain.write(0, bytes, 0, bytes.length);
      queue.push(chain, bytes.length);
    }
    transport.signal(queue);
  }

  @Override
  public void reset() {}
}
