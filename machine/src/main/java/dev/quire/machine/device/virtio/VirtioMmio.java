package dev.quire.machine.device.virtio;

import dev.quire.machine.bus.BusFault;
import dev.quire.machine.bus.Device;
import dev.quire.machine.bus.InterruptLine;
import dev.quire.machine.memory.Dma;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;

/**
 * The memory-mapped transport, version 2 (specification, section 4.2), for any {@link
 * VirtioFunction}: registers, negotiation, queue set-up and the interrupt. Control registers take
 * 4-byte accesses, the configuration space any size. Its monitor is the device's lock.
 */
public final class VirtioMmio implements Device {
  /** Size of its range in bytes. */
  public static final long SIZE = 0x1000;

  public static final long F_INDIRECT_DESC = 1L << 28;
  public static final long F_EVENT_IDX = 1L << 29;
  public static final long F_VERSION_1 = 1L << 32;

  private static final System.Logger LOG = System.getLogger(VirtioMmio.class.getName());
  private static final int MAX_LOG_LINES = 10;

  private static final int MAGIC = 0x74726976;

  /** QEMU's, "QEMU": there are drivers that insist on it (xv6's). */
  private static final int VENDOR = 0x554d4551;

  private static final int CONFIG = 0x100;

  private static final int STATUS_DRIVER_OK = 4;
  private static final int STATUS_FEATURES_OK = 8;
  private static final int STATUS_NEEDS_RESET = 64;
  private static final int STATUS_DRIVER_BITS = 0x8f;

  private static final int INTERRUPT_USED = 1;
  private static final int INTERRUPT_CONFIG = 2;

  /** Work on the rings. */
  @FunctionalInterface
  public interface Work {
    void run() throws VirtioFault, DmaFault;
  }

  private final VirtioFunction function;
  private final InterruptLine line;
  private final Virtqueue[] queues;
  private final long offered;
  private int status;
  private int interrupts;
  private long accepted;
  private int deviceFeaturesSelect;
  private int driverFeaturesSelect;
  private int queueSelect;
  private int configGeneration;
  private int logLines;

  /** {@code function} belongs to this transport from now on. */
  public VirtioMmio(VirtioFunction function, Dma dma, InterruptLine line) {
    this.function = function;
    this.line = line;
    this.offered = function.features() | F_INDIRECT_DESC | F_EVENT_IDX | F_VERSION_1;
    this.queues = new Virtqueue[function.queueCount()];
    for (int i = 0; i < queues.length; i++) {
      queues[i] = new Virtqueue(dma);
    }
    function.attach(this);
  }

  // ---- for the function -------------------------------------------------------------------

  public Virtqueue queue(int index) {
    return queues[index];
  }

  /** Does {@code work} under the device's lock, if the driver is up and the device is sound. */
  public synchronized void run(Work work) {
    if (running()) {
      attempt(work);
    }
  }

  /** Interrupts the driver if it wants to know of what was pushed to {@code queue}. */
  public void signal(Virtqueue queue) throws DmaFault {
    if (queue.takeSignal()) {
      raise(INTERRUPT_USED);
    }
  }

  /** Whether the driver is up and the device is sound; any thread. */
  public synchronized boolean running() {
    return (status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) == STATUS_DRIVER_OK;
  }

  /** Changes the configuration space under the lock, and tells the driver. */
  public synchronized void changeConfig(Runnable change) {
    change.run();
    configGeneration++;
    if ((status & STATUS_DRIVER_OK) != 0) {
      raise(INTERRUPT_CONFIG);
    }
  }

  private void attempt(Work work) {
    try {
      work.run();
    } catch (VirtioFault | DmaFault e) {
      status |= STATUS_NEEDS_RESET;
      if (logLines++ < MAX_LOG_LINES) {
        LOG.log(
            System.Logger.Level.WARNING,
            "virtio device {0} needs a reset: {1}",
            function.deviceId(),
            e.getMessage());
      }
      if ((status & STATUS_DRIVER_OK) != 0) {
        raise(INTERRUPT_CONFIG);
      }
    }
  }

  private void raise(int interrupt) {
    interrupts |= interrupt;
    line.set(true);
  }

  // ---- state ------------------------------------------------------------------------------

  /** Writes the state of transport, queues and function. */
  public synchronized void save(StateWriter out) {
    out.putInt(function.deviceId());
    out.putInt(status);
    out.putInt(interrupts);
    out.putLong(accepted);
    out.putInt(deviceFeaturesSelect);
    out.putInt(driverFeaturesSelect);
    out.putInt(queueSelect);
    out.putInt(configGeneration);
    for (Virtqueue queue : queues) {
      queue.save(out);
    }
    function.save(out);
  }

  /**
   * Takes over a state in place of that after power-on, and drives the line by it. The rings are in
   * the guest's memory and are not looked at.
   */
  public synchronized void load(StateReader in) {
    int device = in.getInt();
    if (device != function.deviceId()) {
      throw in.fault("there is virtio device %d instead of %d", device, function.deviceId());
    }
    status = in.getInt() & (STATUS_DRIVER_BITS | STATUS_NEEDS_RESET);
    interrupts = in.getInt() & (INTERRUPT_USED | INTERRUPT_CONFIG);
    accepted = in.getLong();
    deviceFeaturesSelect = in.getInt();
    driverFeaturesSelect = in.getInt();
    queueSelect = in.getInt("the selected queue", 0, 0xffff);
    configGeneration = in.getInt();
    for (Virtqueue queue : queues) {
      queue.load(in);
    }
    boolean negotiated = (status & STATUS_FEATURES_OK) != 0;
    if (negotiated ? !negotiate() : (status & STATUS_DRIVER_OK) != 0) {
      throw in.fault("the features 0x%x are not what virtio device %d has", accepted, device);
    }
    function.load(in);
    line.set(interrupts != 0);
  }

  // ---- registers --------------------------------------------------------------------------

  @Override
  public synchronized long read(long offset, int size) {
    if (offset >= CONFIG) {
      return readConfig((int) offset - CONFIG, size);
    }
    if (size != 4) {
      throw BusFault.INSTANCE;
    }
    return switch ((int) offset) {
      case 0x000 -> MAGIC;
      case 0x004 -> 2;
      case 0x008 -> function.deviceId();
      case 0x00c -> VENDOR;
      case 0x010 -> word(offered, deviceFeaturesSelect);
      case 0x034 -> queueSelect < queues.length ? Virtqueue.MAX_SIZE : 0;
      case 0x044 -> queueSelect < queues.length && queues[queueSelect].ready() ? 1 : 0;
      case 0x060 -> interrupts;
      case 0x070 -> status;
      case 0x0b0, 0x0b4, 0x0b8, 0x0bc -> 0xffff_ffffL; // no shared memory regions
      case 0x0fc -> configGeneration;
      default -> 0;
    };
  }

  private long readConfig(int offset, int size) {
    byte[] config = function.config();
    long value = 0;
    for (int i = 0; i < size && offset + i < config.length; i++) {
      value |= (config[offset + i] & 0xffL) << 8 * i;
    }
    return value;
  }

  @Override
  public synchronized void write(long offset, int size, long value) {
    if (offset >= CONFIG) {
      function.writeConfig((int) offset - CONFIG, size, value);
      return;
    }
    if (size != 4) {
      throw BusFault.INSTANCE;
    }
    int word = (int) value;
    switch ((int) offset) {
      case 0x014 -> deviceFeaturesSelect = word;
      case 0x020 -> acceptFeatures(word);
      case 0x024 -> driverFeaturesSelect = word;
      case 0x030 -> queueSelect = word & 0xffff;
      case 0x050 -> notifyQueue(word);
      case 0x064 -> acknowledge(word);
      case 0x070 -> writeStatus(word);
      default -> {
        if (queueSelect < queues.length) {
          writeQueue(queues[queueSelect], (int) offset, word);
        }
      }
    }
  }

  private static long word(long features, int select) {
    return select == 0 ? features & 0xffff_ffffL : select == 1 ? features >>> 32 : 0;
  }

  private void acceptFeatures(int word) {
    if ((status & STATUS_FEATURES_OK) != 0 || (driverFeaturesSelect & ~1) != 0) {
      return;
    }
    int shift = driverFeaturesSelect * 32;
    accepted = accepted & ~(0xffff_ffffL << shift) | Integer.toUnsignedLong(word) << shift;
  }

  private void writeQueue(Virtqueue queue, int offset, int word) {
    if (offset == 0x044) {
      if ((word & 1) == 0) {
        queue.disable();
      } else if (!queue.ready() && (status & STATUS_NEEDS_RESET) == 0) {
        attempt(queue::enable);
      }
      return;
    }
    if (queue.ready()) {
      return;
    }
    switch (offset) {
      case 0x038 -> queue.size = word;
      case 0x080 -> queue.descriptorArea = low(queue.descriptorArea, word);
      case 0x084 -> queue.descriptorArea = high(queue.descriptorArea, word);
      case 0x090 -> queue.driverArea = low(queue.driverArea, word);
      case 0x094 -> queue.driverArea = high(queue.driverArea, word);
      case 0x0a0 -> queue.deviceArea = low(queue.deviceArea, word);
      case 0x0a4 -> queue.deviceArea = high(queue.deviceArea, word);
      default -> {}
    }
  }

  private static long low(long old, int word) {
    return old & 0xffff_ffff_0000_0000L | Integer.toUnsignedLong(word);
  }

  private static long high(long old, int word) {
    return old & 0xffff_ffffL | (long) word << 32;
  }

  /** A queue that does not exist or is not ready has nothing to look at: ignored. */
  private void notifyQueue(int index) {
    if (index >= 0 && index < queues.length && queues[index].ready()) {
      run(() -> function.notified(index));
    }
  }

  private void acknowledge(int word) {
    interrupts &= ~word;
    line.set(interrupts != 0);
  }

  /** The driver only ever adds bits (section 2.1), or writes 0 to reset. */
  private void writeStatus(int word) {
    if (word == 0) {
      reset();
      return;
    }
    int added = word & STATUS_DRIVER_BITS & ~status;
    if ((added & STATUS_FEATURES_OK) != 0 && !negotiate()) {
      added &= ~STATUS_FEATURES_OK;
    }
    if (((status | added) & STATUS_FEATURES_OK) == 0) {
      added &= ~STATUS_DRIVER_OK;
    }
    status |= added;
    if ((added & STATUS_DRIVER_OK) != 0) {
      run(() -> function.start(accepted));
    }
  }

  /** VERSION_1 is not insisted on: there is no other layout here, and some drivers leave it out. */
  private boolean negotiate() {
    if ((accepted & ~offered) != 0) {
      return false;
    }
    for (Virtqueue queue : queues) {
      queue.indirect = (accepted & F_INDIRECT_DESC) != 0;
      queue.eventIndex = (accepted & F_EVENT_IDX) != 0;
    }
    return true;
  }

  /** As when the driver writes 0 to the status register; also for the board at power-on. */
  public synchronized void reset() {
    status = 0;
    interrupts = 0;
    accepted = 0;
    deviceFeaturesSelect = 0;
    driverFeaturesSelect = 0;
    queueSelect = 0;
    for (Virtqueue queue : queues) {
      queue.reset();
    }
    function.reset();
    line.set(false);
  }
}
