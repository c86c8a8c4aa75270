package dev.quire.machine.device.virtio;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The console device with several ports (specification, section 5.3). Port 0 has queues 0 and 1,
 * the control queues are 2 and 3, port p has 2p + 2 and 2p + 3: first the one towards the guest. A
 * driver that does not take MULTIPORT is served port 0 alone.
 *
 * <p>Input waits until the guest has opened the port, since Linux drops what comes earlier.
 */
public final class VirtioConsole implements VirtioFunction {
  private static final long F_MULTIPORT = 1L << 1;

  private static final int DEVICE_READY = 0;
  private static final int PORT_ADD = 1;
  private static final int PORT_READY = 3;
  private static final int CONSOLE_PORT = 4;
  private static final int PORT_OPEN = 6;
  private static final int PORT_NAME = 7;

  private static final int CONTROL_IN = 2;
  private static final int CONTROL_OUT = 3;
  private static final int CONTROL_SIZE = 8;
  private static final int MAX_CONTROL_WAITING = 1024;
  private static final int MAX_CONTROL_BYTES = 1 << 10;
  private static final int CHUNK = 1 << 16;

  private static final class Port {
    final ConsolePort host;
    final int toGuest;
    final Queue<byte[]> input = new ConcurrentLinkedQueue<>();
    final AtomicLong waiting = new AtomicLong();
    int consumed;
    boolean open;

    Port(ConsolePort host, int index) {
      this.host = host;
      this.toGuest = index == 0 ? 0 : 2 * index + 2;
    }

    void setOpen(boolean value) {
      if (open != value) {
        open = value;
        host.opened().opened(value);
      }
    }

    /** Input that arrives meanwhile is not part of the state. */
    byte[] waitingInput() {
      var bytes = new ByteArrayOutputStream();
      int skip = consumed;
      for (byte[] each : input) {
        bytes.write(each, skip, each.length - skip);
        skip = 0;
      }
      return bytes.toByteArray();
    }

    void add(byte[] bytes) {
      waiting.addAndGet(bytes.length);
      input.add(bytes);
    }
  }

  private final Port[] ports;
  private final byte[] config;
  private final byte[] buffer = new byte[CHUNK];
  private final ArrayDeque<byte[]> control = new ArrayDeque<>();
  private @Nullable VirtioMmio transport;
  private boolean multiport;

  /** At least one port; the first should be a console. */
  public VirtioConsole(List<ConsolePort> hosts) {
    if (hosts.isEmpty() || hosts.size() > 32) {
      throw new IllegalArgumentException(hosts.size() + " ports");
    }
    ports = new Port[hosts.size()];
    for (int i = 0; i < ports.length; i++) {
      ports[i] = new Port(hosts.get(i), i);
    }
    config = new byte[12];
    little(config).putInt(4, ports.length);
  }

  /** Sends {@code bytes}, which must not change, into port {@code port}; any thread. */
  public void send(int port, byte[] bytes) {
    Port to = ports[port];
    if (bytes.length == 0) {
      return;
    }
    to.add(bytes);
    VirtioMmio device = transport;
    if (device != null) {
      device.run(() -> deliver(device, to));
    }
  }

  /** Bytes sent into {@code port} that the guest has not taken yet; any thread. */
  public long waiting(int port) {
    return ports[port].waiting.get();
  }

  @Override
  public int deviceId() {
    return 3;
  }

  @Override
  public long features() {
    return F_MULTIPORT;
  }

  @Override
  public int queueCount() {
    return 2 * ports.length + 2;
  }

  @Override
  public byte[] config() {
    return config;
  }

  @Override
  public void attach(VirtioMmio transport) {
    this.transport = transport;
  }

  @Override
  public void start(long features) throws VirtioFault, DmaFault {
    multiport = (features & F_MULTIPORT) != 0;
    if (!multiport && transport != null) {
      ports[0].setOpen(true);
      deliver(transport, ports[0]);
    }
  }

  @Override
  public void reset() {
    multiport = false;
    control.clear();
    for (Port port : ports) {
      port.setOpen(false);
    }
  }

  @Override
  public void save(StateWriter out) {
    out.putBoolean(multiport);
    out.putInt(control.size());
    control.forEach(out::putCounted);
    for (Port port : ports) {
      out.putBoolean(port.open);
      out.putCounted(port.waitingInput());
    }
  }

  /** The host's end of a port that the guest had open is told so; what it sent before is first. */
  @Override
  public void load(StateReader in) {
    multiport = in.getBoolean();
    int messages = in.getInt("the number of control messages", 0, MAX_CONTROL_WAITING);
    for (int i = 0; i < messages; i++) {
      control.add(in.getCounted("a control message", MAX_CONTROL_BYTES));
    }
    for (Port port : ports) {
      boolean open = in.getBoolean();
      byte[] bytes = in.getCounted("waiting input", StateWriter.MAX_SECTION);
      if (bytes.length > 0) {
        port.add(bytes);
      }
      port.setOpen(open);
    }
  }

  @Override
  public void notified(int index) throws VirtioFault, DmaFault {
    VirtioMmio device = transport;
    if (device == null || !multiport && index > 1) {
      return;
    }
    if (index == CONTROL_IN) {
      deliverControl(device);
    } else if (index == CONTROL_OUT) {
      takeControl(device);
    } else {
      Port port = ports[index < 2 ? 0 : (index - 2) / 2];
      if (index % 2 == 0) {
        deliver(device, port);
      } else {
        output(device, port);
      }
    }
  }

  // ---- data -------------------------------------------------------------------------------

  private void output(VirtioMmio device, Port port) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(port.toGuest + 1);
    int end = queue.observe();
    for (DescriptorChain chain = queue.pop(end); chain != null; chain = queue.pop(end)) {
      for (long done = 0; done < chain.readable(); done += CHUNK) {
        int count = (int) Math.min(CHUNK, chain.readable() - done);
        chain.read(done, buffer, 0, count);
        port.host.output().accept(buffer, 0, count);
      }
      queue.push(chain, 0);
    }
    device.signal(queue);
  }

  private void deliver(VirtioMmio device, Port port) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(port.toGuest);
    if (!port.open || !queue.ready() || port.input.isEmpty()) {
      return;
    }
    int end = queue.observe();
    while (!port.input.isEmpty()) {
      DescriptorChain chain = queue.pop(end);
      if (chain == null) {
        break;
      }
      queue.push(chain, fill(chain, port));
    }
    device.signal(queue);
  }

  private static long fill(DescriptorChain chain, Port port) throws VirtioFault, DmaFault {
    long filled = 0;
    for (byte[] head = port.input.peek(); head != null; head = port.input.peek()) {
      int count = (int) Math.min(head.length - port.consumed, chain.writable() - filled);
      if (count == 0) {
        break;
      }
      chain.write(filled, head, port.consumed, count);
      filled += count;
      port.consumed += count;
      port.waiting.addAndGet(-count);
      if (port.consumed == head.length) {
        port.input.remove();
        port.consumed = 0;
      }
    }
    return filled;
  }

  // ---- control ----------------------------------------------------------------------------

  private void takeControl(VirtioMmio device) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(CONTROL_OUT);
    int end = queue.observe();
    byte[] bytes = new byte[CONTROL_SIZE];
    ByteBuffer message = little(bytes);
    for (DescriptorChain chain = queue.pop(end); chain != null; chain = queue.pop(end)) {
      if (chain.readable() >= CONTROL_SIZE) {
        chain.read(0, bytes, 0, CONTROL_SIZE);
        control(device, message.getInt(0), message.getShort(4), message.getShort(6));
      }
      queue.push(chain, 0);
    }
    device.signal(queue);
    deliverControl(device);
  }

  private void control(VirtioMmio device, int id, int event, int value)
      throws VirtioFault, DmaFault {
    if (event == DEVICE_READY && value == 1) {
      for (int i = 0; i < ports.length; i++) {
        say(i, PORT_ADD, 1, "");
      }
    }
    if (id < 0 || id >= ports.length) {
      return;
    }
    Port port = ports[id];
    if (event == PORT_READY && value == 1) {
      if (port.host.isConsole()) {
        say(id, CONSOLE_PORT, 1, "");
      } else {
        say(id, PORT_NAME, 1, port.host.name());
      }
      say(id, PORT_OPEN, 1, "");
    } else if (event == PORT_OPEN) {
      port.setOpen(value != 0);
      deliver(device, port);
    }
  }

  private void say(int id, int event, int value, String text) throws VirtioFault {
    if (control.size() == MAX_CONTROL_WAITING) {
      throw new VirtioFault("a driver that reads no control messages");
    }
    byte[] tail = text.getBytes(UTF_8);
    byte[] message = new byte[CONTROL_SIZE + tail.length];
    little(message).putInt(id).putShort((short) event).putShort((short) value).put(tail);
    control.add(message);
  }

  private void deliverControl(VirtioMmio device) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(CONTROL_IN);
    if (!queue.ready() || control.isEmpty()) {
      return;
    }
    int end = queue.observe();
    while (!control.isEmpty()) {
      DescriptorChain chain = queue.pop(end);
      if (chain == null) {
        break;
      }
      byte[] message = control.remove();
      chain.write(0, message, 0, message.length);
      queue.push(chain, message.length);
    }
    device.signal(queue);
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
