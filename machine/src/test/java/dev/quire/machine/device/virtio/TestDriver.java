package dev.quire.machine.device.virtio;

import dev.quire.machine.device.Wire;
import dev.quire.machine.state.States;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A small virtio driver over an {@link ArrayDma}: queue q has its areas at q * 0x4000, buffers are
 * taken from 0x40000 up and never given back.
 */
final class TestDriver {
  static final long ALL = -1;
  static final int QUEUE_SIZE = 16;

  /** A buffer of a request: bytes for the device, or room for its answer. */
  static final class Buffer {
    final byte[] out;
    final int room;

    private Buffer(byte[] out, int room) {
      this.out = out;
      this.room = room;
    }

    static Buffer out(byte[] bytes) {
      return new Buffer(bytes, 0);
    }

    static Buffer in(int room) {
      return new Buffer(new byte[0], room);
    }

    int length() {
      return room > 0 ? room : out.length;
    }
  }

  /** A used element: the answers of the chain, and the length that the device reported. */
  record Used(int head, int length, List<byte[]> in) {}

  private record Room(int at, int length) {}

  final ArrayDma dma;
  final Wire wire = new Wire();
  VirtioMmio device;
  final int[] availIndex = new int[32];
  final int[] usedSeen = new int[32];
  private final int[] nextDescriptor = new int[32];
  private final List<List<List<Room>>> rooms = new ArrayList<>();
  private int nextBuffer = 0x40000;
  boolean indirect;
  boolean eventIndex;
  int notifications;

  TestDriver(VirtioFunction function, int memory) {
    dma = new ArrayDma(memory);
    device = new VirtioMmio(function, dma, wire);
  }

  TestDriver(VirtioFunction function) {
    this(function, 1 << 20);
  }

  /** From now on the device is another, which goes on from a state. */
  void goOn(VirtioFunction function, byte[] state, long origin) {
    wire.set(false);
    device = new VirtioMmio(function, dma, wire);
    States.load(state, origin, device::load);
  }

  int in(int register) {
    return (int) device.read(register, 4);
  }

  void out(int register, int value) {
    device.write(register, 4, value);
  }

  long offered() {
    out(0x14, 1);
    long high = in(0x10) & 0xffff_ffffL;
    out(0x14, 0);
    return high << 32 | in(0x10) & 0xffff_ffffL;
  }

  /** Reset, negotiation of what is in {@code wanted} and offered, all queues, and ready. */
  void start(long wanted) {
    prepare(wanted);
    ready();
  }

  void ready() {
    out(0x70, 0xf);
  }

  /** All of {@link #start} but the end. */
  void prepare(long wanted) {
    out(0x70, 0);
    out(0x70, 1);
    out(0x70, 3);
    long features = offered() & wanted | VirtioMmio.F_VERSION_1;
    out(0x24, 0);
    out(0x20, (int) features);
    out(0x24, 1);
    out(0x20, (int) (features >>> 32));
    out(0x70, 0xb);
    indirect = (features & VirtioMmio.F_INDIRECT_DESC) != 0;
    eventIndex = (features & VirtioMmio.F_EVENT_IDX) != 0;
    rooms.clear();
    Arrays.fill(availIndex, 0);
    Arrays.fill(usedSeen, 0);
    Arrays.fill(nextDescriptor, 0);
    for (int queue = 0; ; queue++) {
      out(0x30, queue);
      if (in(0x34) == 0) {
        break;
      }
      rooms.add(new ArrayList<>());
      for (int i = 0; i < QUEUE_SIZE; i++) {
        rooms.get(queue).add(List.of());
      }
      Arrays.fill(dma.bytes, queue * 0x4000, (queue + 1) * 0x4000, (byte) 0);
      out(0x38, QUEUE_SIZE);
      long[] areas = {descriptors(queue), driver(queue), used(queue)};
      for (int i = 0; i < areas.length; i++) {
        out(0x80 + 0x10 * i, (int) areas[i]);
        out(0x84 + 0x10 * i, (int) (areas[i] >>> 32));
      }
      out(0x44, 1);
    }
  }

  static long descriptors(int queue) {
    return ArrayDma.BASE + queue * 0x4000L;
  }

  static long driver(int queue) {
    return descriptors(queue) + 0x1000;
  }

  static long used(int queue) {
    return descriptors(queue) + 0x2000;
  }

  static int offset(long address) {
    return (int) (address - ArrayDma.BASE);
  }

  /** Whole pages of 4 KiB are aligned to such. */
  int allocate(int bytes) {
    int at = bytes > 0 && bytes % 4096 == 0 ? nextBuffer + 4095 & -4096 : nextBuffer;
    nextBuffer = at + ((bytes + 15) & ~15);
    return at;
  }

  void descriptor(int at, long address, int length, int flags, int next) {
    dma.memory.putLong(at, address);
    dma.memory.putInt(at + 8, length);
    dma.memory.putShort(at + 12, (short) flags);
    dma.memory.putShort(at + 14, (short) next);
  }

  /** Makes a chain available without telling the device. */
  void add(int queue, Buffer... buffers) {
    int head = nextDescriptor[queue];
    List<Room> room = new ArrayList<>();
    int table = indirect ? allocate(16 * buffers.length) : offset(descriptors(queue));
    for (int i = 0; i < buffers.length; i++) {
      Buffer buffer = buffers[i];
      int at = allocate(buffer.length());
      System.arraycopy(buffer.out, 0, dma.bytes, at, buffer.out.length);
      if (buffer.room > 0) {
        room.add(new Room(at, buffer.room));
      }
      int flags = (i + 1 < buffers.length ? 1 : 0) | (buffer.room > 0 ? 2 : 0);
      int slot = indirect ? i : (head + i) % QUEUE_SIZE;
      int next = indirect ? i + 1 : (head + i + 1) % QUEUE_SIZE;
      descriptor(table + 16 * slot, ArrayDma.BASE + at, buffer.length(), flags, next);
    }
    if (indirect) {
      int slot = offset(descriptors(queue)) + 16 * head;
      descriptor(slot, ArrayDma.BASE + table, 16 * buffers.length, 4, 0);
    }
    nextDescriptor[queue] = (head + (indirect ? 1 : buffers.length)) % QUEUE_SIZE;
    rooms.get(queue).set(head, room);
    makeAvailable(queue, head);
  }

  void makeAvailable(int queue, int head) {
    int avail = offset(driver(queue));
    dma.memory.putShort(avail + 4 + 2 * (availIndex[queue] % QUEUE_SIZE), (short) head);
    availIndex[queue]++;
    dma.memory.putShort(avail + 2, (short) availIndex[queue]);
  }

  void tell(int queue) {
    notifications++;
    out(0x50, queue);
  }

  void send(int queue, Buffer... buffers) {
    add(queue, buffers);
    tell(queue);
  }

  /** What the device has used since the last call; asks for an interrupt at the next. */
  List<Used> collect(int queue) {
    List<Used> result = new ArrayList<>();
    int used = offset(used(queue));
    while ((usedSeen[queue] & 0xffff) != (dma.memory.getShort(used + 2) & 0xffff)) {
      int element = used + 4 + 8 * (usedSeen[queue] % QUEUE_SIZE);
      int head = dma.memory.getInt(element);
      List<byte[]> in = new ArrayList<>();
      for (Room room : rooms.get(queue).get(head)) {
        in.add(Arrays.copyOfRange(dma.bytes, room.at, room.at + room.length));
      }
      result.add(new Used(head, dma.memory.getInt(element + 4), in));
      usedSeen[queue]++;
    }
    dma.memory.putShort(offset(driver(queue)) + 4 + 2 * QUEUE_SIZE, (short) usedSeen[queue]);
    return result;
  }

  boolean needsReset() {
    return (in(0x70) & 64) != 0;
  }

  /** Reads and acknowledges the interrupt status. */
  int takeInterrupts() {
    int status = in(0x60);
    out(0x64, status);
    return status;
  }
}
