package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The device's side of a split virtqueue (specification, section 2.7). Three areas in guest memory:
 *
 * <pre>
 *   descriptors  size * {address 8, length 4, flags 2, next 2}
 *   driver area  flags 2, idx 2, ring size * 2, used_event 2       written by the driver
 *   device area  flags 2, idx 2, ring size * {id 4, length 4}, avail_event 2     written here
 * </pre>
 *
 * A function serves a queue by {@link #observe}, {@link #pop} up to what was observed, {@link
 * #push} for each, and {@link VirtioMmio#signal} at the end. Whatever the guest writes into these
 * areas, the work is bounded by the queue's size and the outcome is a request or a fault.
 */
public final class Virtqueue {
  /** Most descriptors that a driver may choose. */
  public static final int MAX_SIZE = 256;

  private static final int MAX_INDIRECT = 1024;
  private static final int DESCRIPTOR_SIZE = 16;
  private static final int FLAG_NEXT = 1;
  private static final int FLAG_WRITE = 2;
  private static final int FLAG_INDIRECT = 4;
  private static final int AVAIL_NO_INTERRUPT = 1;

  private final Dma dma;
  private final byte[] descriptorBytes = new byte[DESCRIPTOR_SIZE];
  private final ByteBuffer descriptor =
      ByteBuffer.wrap(descriptorBytes).order(ByteOrder.LITTLE_ENDIAN);

  // What the driver sets through the transport.
  int size = MAX_SIZE;
  long descriptorArea;
  long driverArea;
  long deviceArea;
  boolean indirect;
  boolean eventIndex;

  private boolean ready;
  private int epoch;
  private int nextAvail;
  private int nextUsed;
  private int signalledUsed;

  Virtqueue(Dma dma) {
    this.dma = dma;
  }

  /** Whether the driver has set the queue up. */
  public boolean ready() {
    return ready;
  }

  /** Differs before and after any reset of the queue. */
  public int epoch() {
    return epoch;
  }

  void save(StateWriter out) {
    out.putInt(size);
    out.putLong(descriptorArea);
    out.putLong(driverArea);
    out.putLong(deviceArea);
    out.putBoolean(ready);
    out.putInt(nextAvail);
    out.putInt(nextUsed);
    out.putInt(signalledUsed);
  }

  /** All but what was negotiated. The areas may be anywhere, as when a driver sets them. */
  void load(StateReader in) {
    size = in.getInt();
    descriptorArea = in.getLong();
    driverArea = in.getLong();
    deviceArea = in.getLong();
    disable();
    if (in.getBoolean()) {
      try {
        enable();
      } catch (VirtioFault fault) {
        throw in.fault("there is a queue that cannot be: %s", fault.getMessage());
      }
    }
    nextAvail = in.getInt("the next available index", 0, 0xffff);
    nextUsed = in.getInt("the next used index", 0, 0xffff);
    signalledUsed = in.getInt("the last signalled index", 0, 0xffff);
  }

  /** A request that was taken before the state was saved: all that is left of it is its head. */
  DescriptorChain taken(int head) {
    return new DescriptorChain(dma, head, 0);
  }

  void enable() throws VirtioFault {
    if (size < 1 || size > MAX_SIZE || Integer.bitCount(size) != 1) {
      throw new VirtioFault("a queue of " + size + " descriptors");
    }
    if ((descriptorArea & 15) != 0 || (driverArea & 1) != 0 || (deviceArea & 3) != 0) {
      throw new VirtioFault(
          "misaligned areas 0x%x, 0x%x, 0x%x".formatted(descriptorArea, driverArea, deviceArea));
    }
    disable();
    ready = true;
  }

  void disable() {
    ready = false;
    epoch++;
    nextAvail = 0;
    nextUsed = 0;
    signalledUsed = 0;
  }

  void reset() {
    disable();
    size = MAX_SIZE;
    descriptorArea = 0;
    driverArea = 0;
    deviceArea = 0;
    indirect = false;
    eventIndex = false;
  }

  /**
   * The driver area's idx now, as 0..65535; whatever the driver makes available after that, it will
   * notify the device of.
   */
  public int observe() throws VirtioFault, DmaFault {
    int index = dma.readShort(driverArea + 2);
    if (eventIndex) {
      for (int i = 0; i <= size; i++) {
        dma.writeShort(deviceArea + 4 + 8L * size, index);
        VarHandle.fullFence();
        int again = dma.readShort(driverArea + 2);
        if (again == index) {
          break;
        }
        index = again;
      }
    }
    checkAhead(index);
    VarHandle.acquireFence();
    return index;
  }

  /** An index never goes back, and is never too far ahead (The Virtqueue Available Ring). */
  private void checkAhead(int index) throws VirtioFault {
    if ((index - nextAvail & 0xffff) > size) {
      throw new VirtioFault("available index " + index + " after " + nextAvail);
    }
  }

  /** The next request before {@code end}, which {@link #observe} gave; null when there is none. */
  public @Nullable DescriptorChain pop(int end) throws VirtioFault, DmaFault {
    return pop(end, DescriptorChain.MAX_BYTES);
  }

  /** The same, for requests of at most {@code maxBytes} in all; more is a fault. */
  public @Nullable DescriptorChain pop(int end, long maxBytes) throws VirtioFault, DmaFault {
    if (nextAvail == end) {
      return null;
    }
    checkAhead(end);
    int head = dma.readShort(driverArea + 4 + 2L * (nextAvail & size - 1));
    nextAvail = nextAvail + 1 & 0xffff;
    return walk(head, maxBytes);
  }

  /** Undoes the last {@link #pop}, which gave a request: the next one gives it again. */
  void unpop() {
    nextAvail = nextAvail - 1 & 0xffff;
  }

  private DescriptorChain walk(int head, long maxBytes) throws VirtioFault, DmaFault {
    DescriptorChain chain = new DescriptorChain(dma, head, maxBytes);
    long table = descriptorArea;
    int tableSize = size;
    int index = head;
    boolean nested = false;
    for (int steps = 0; ; steps++) {
      if (index >= tableSize) {
        throw new VirtioFault("descriptor " + index + " of " + tableSize);
      }
      if (steps == tableSize) {
        throw new VirtioFault("a loop of descriptors from " + head);
      }
      dma.read(table + (long) DESCRIPTOR_SIZE * index, descriptorBytes, 0, DESCRIPTOR_SIZE);
      long address = descriptor.getLong(0);
      int length = descriptor.getInt(8);
      int flags = descriptor.getShort(12);
      if ((flags & FLAG_INDIRECT) != 0) {
        checkIndirect(length, flags, nested);
        nested = true;
        table = address;
        tableSize = length / DESCRIPTOR_SIZE;
        index = 0;
        steps = -1;
        continue;
      }
      chain.add(address, Integer.toUnsignedLong(length), (flags & FLAG_WRITE) != 0);
      if ((flags & FLAG_NEXT) == 0) {
        return chain;
      }
      index = descriptor.getShort(14) & 0xffff;
    }
  }

  private void checkIndirect(int length, int flags, boolean nested) throws VirtioFault {
    if (!indirect || nested || (flags & FLAG_NEXT) != 0) {
      throw new VirtioFault("an indirect descriptor where none may be");
    }
    int limit = MAX_INDIRECT * DESCRIPTOR_SIZE;
    if (length <= 0 || length > limit || length % DESCRIPTOR_SIZE != 0) {
      throw new VirtioFault("an indirect table of " + length + " bytes");
    }
  }

  /** Gives a request back; {@code written} bytes of its writable part were filled. */
  public void push(DescriptorChain chain, long written) throws DmaFault {
    long element = deviceArea + 4 + 8L * (nextUsed & size - 1);
    dma.writeInt(element, chain.head());
    dma.writeInt(element + 4, (int) written);
    nextUsed = nextUsed + 1 & 0xffff;
    VarHandle.releaseFence();
    dma.writeShort(deviceArea + 2, nextUsed);
  }

  /** Whether the driver wants an interrupt for what was pushed since the last call. */
  boolean takeSignal() throws DmaFault {
    VarHandle.fullFence();
    int pushed = nextUsed - signalledUsed & 0xffff;
    signalledUsed = nextUsed;
    if (pushed == 0) {
      return false;
    }
    if (!eventIndex) {
      return (dma.readShort(driverArea) & AVAIL_NO_INTERRUPT) == 0;
    }
    int usedEvent = dma.readShort(driverArea + 4 + 2L * size);
    return (nextUsed - usedEvent - 1 & 0xffff) < pushed;
  }
}
