package dev.quire.machine.device.virtio;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.machine.time.Timeline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The block device (specification, section 5.2) over a {@link BlockStore}, one queue, write-back
 * with FLUSH. A request is carried out, and completes, a fixed guest time after the notification
 * that announced it; so the order and the instants of completions depend on the guest alone.
 */
public final class VirtioBlock implements VirtioFunction {
  private static final long F_SIZE_MAX = 1L << 1;
  private static final long F_SEG_MAX = 1L << 2;
  private static final long F_RO = 1L << 5;
  private static final long F_BLK_SIZE = 1L << 6;
  private static final long F_FLUSH = 1L << 9;

  private static final int T_IN = 0;
  private static final int T_OUT = 1;
  private static final int T_FLUSH = 4;
  private static final int T_GET_ID = 8;

  private static final int S_OK = 0;
  private static final int S_IOERR = 1;
  private static final int S_UNSUPP = 2;

  private static final int HEADER = 16;
  private static final int ID_BYTES = 20;
  private static final int CHUNK = 1 << 16;
  private static final int MAX_SEGMENTS = Virtqueue.MAX_SIZE - 2;
  private static final int MAX_SEGMENT_BYTES = (int) (DescriptorChain.MAX_BYTES / 256);

  private static final System.Logger LOG = System.getLogger(VirtioBlock.class.getName());
  private static final int MAX_LOG_LINES = 10;

  /** Most announcements in a saved state: more than fit into the latency. */
  private static final int MAX_ANNOUNCED = 1 << 16;

  /** The guest made requests available up to {@code end}, which are carried out at {@code due}. */
  private record Announced(long due, int epoch, int end) {}

  private final BlockStore store;
  private final byte[] id;
  private final Timeline timeline;
  private final long latencyNanos;
  private final byte[] config;
  private final byte[] buffer = new byte[CHUNK];
  private final byte[] status = new byte[1];
  private final ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
  private final ArrayDeque<Announced> announced = new ArrayDeque<>();
  private @Nullable VirtioMmio transport;
  private int scheduledEpoch = -1;
  private int scheduledEnd;
  private int logLines;

  /**
   * {@code id} is the disk's serial number, of which the guest sees 20 ASCII characters. A latency
   * of 0 completes requests during the notification.
   */
  public VirtioBlock(BlockStore store, String id, Timeline timeline, long latencyNanos) {
    this.store = store;
    this.id = Arrays.copyOf(id.getBytes(US_ASCII), ID_BYTES);
    this.timeline = timeline;
    this.latencyNanos = latencyNanos;
    ByteBuffer space = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    space.putLong(0, store.sectors());
    space.putInt(8, MAX_SEGMENT_BYTES);
    space.putInt(12, MAX_SEGMENTS);
    space.putInt(20, BlockStore.SECTOR);
    this.config = space.array();
  }

  @Override
  public int deviceId() {
    return 2;
  }

  @Override
  public long features() {
    long readOnly = store.readOnly() ? F_RO : 0;
    return F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH | readOnly;
  }

  @Override
  public int queueCount() {
    return 1;
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
  public void start(long features) {}

  @Override
  public void reset() {
    announced.clear();
  }

  @Override
  public void save(StateWriter out) {
    out.putLong(store.sectors());
    int epoch = device().queue(0).epoch();
    announced.removeIf(each -> each.epoch != epoch);
    out.putInt(announced.size());
    for (Announced each : announced) {
      out.putInstant(each.due);
      out.putInt(each.end);
    }
  }

  @Override
  public void load(StateReader in) {
    long sectors = in.getLong();
    if (sectors != store.sectors()) {
      throw in.fault("the disk has %d sectors instead of %d", sectors, store.sectors());
    }
    int count = in.getInt("the number of requests", 0, MAX_ANNOUNCED);
    for (int i = 0; i < count; i++) {
      long due = in.getInstant();
      announce(due, in.getInt("the end of the requests", 0, 0xffff));
    }
  }

  @Override
  public void notified(int index) throws VirtioFault, DmaFault {
    VirtioMmio device = device();
    Virtqueue queue = device.queue(index);
    int end = queue.observe();
    if (latencyNanos == 0) {
      serve(device, queue, end);
      return;
    }
    if (queue.epoch() != scheduledEpoch || end != scheduledEnd) {
      announce(timeline.now() + latencyNanos, end);
    }
  }

  private VirtioMmio device() {
    return Objects.requireNonNull(transport, "a disk without a transport");
  }

  private void announce(long due, int end) {
    VirtioMmio device = device();
    Announced requests = new Announced(due, device.queue(0).epoch(), end);
    scheduledEpoch = requests.epoch;
    scheduledEnd = end;
    announced.add(requests);
    long delay = Math.max(0, due - timeline.now());
    timeline.schedule(delay, () -> device.run(() -> complete(device, requests)));
  }

  /** Carries out what was announced, unless the queue was reset since. */
  private void complete(VirtioMmio device, Announced requests) throws VirtioFault, DmaFault {
    announced.remove(requests);
    Virtqueue queue = device.queue(0);
    if (queue.epoch() == requests.epoch) {
      serve(device, queue, requests.end);
    }
  }

  private void serve(VirtioMmio device, Virtqueue queue, int end) throws VirtioFault, DmaFault {
    for (DescriptorChain chain = queue.pop(end); chain != null; chain = queue.pop(end)) {
      if (chain.readable() < HEADER || chain.writable() < 1) {
        throw new VirtioFault("a disk request without header or status");
      }
      int result = request(chain);
      status[0] = (byte) result;
      chain.write(chain.writable() - 1, status, 0, 1);
      queue.push(chain, result == S_OK || chain.writable() == 1 ? chain.writable() : 0);
    }
    device.signal(queue);
  }

  private int request(DescriptorChain chain) throws VirtioFault, DmaFault {
    chain.read(0, header.array(), 0, HEADER);
    int type = header.getInt(0);
    long sector = header.getLong(8);
    try {
      return switch (type) {
        case T_IN -> read(chain, sector);
        case T_OUT -> write(chain, sector);
        case T_FLUSH -> flush();
        case T_GET_ID -> identify(chain);
        default -> S_UNSUPP;
      };
    } catch (IOException e) {
      if (logLines++ < MAX_LOG_LINES) {
        LOG.log(System.Logger.Level.WARNING, "disk request {0} failed: {1}", type, e);
      }
      return S_IOERR;
    }
  }

  private int read(DescriptorChain chain, long sector) throws VirtioFault, DmaFault, IOException {
    long length = chain.writable() - 1;
    if (!inside(sector, length)) {
      return S_IOERR;
    }
    for (long done = 0; done < length; done += CHUNK) {
      int count = (int) Math.min(CHUNK, length - done);
      store.read(sector + done / BlockStore.SECTOR, buffer, 0, count);
      chain.write(done, buffer, 0, count);
    }
    return S_OK;
  }

  private int write(DescriptorChain chain, long sector) throws VirtioFault, DmaFault, IOException {
    long length = chain.readable() - HEADER;
    if (store.readOnly() || !inside(sector, length)) {
      return S_IOERR;
    }
    for (long done = 0; done < length; done += CHUNK) {
      int count = (int) Math.min(CHUNK, length - done);
      chain.read(HEADER + done, buffer, 0, count);
      store.write(sector + done / BlockStore.SECTOR, buffer, 0, count);
    }
    return S_OK;
  }

  private int flush() throws IOException {
    store.flush();
    return S_OK;
  }

  private int identify(DescriptorChain chain) throws VirtioFault, DmaFault {
    chain.write(0, id, 0, (int) Math.min(ID_BYTES, chain.writable() - 1));
    return S_OK;
  }

  private boolean inside(long sector, long length) {
    return length % BlockStore.SECTOR == 0
        && sector >= 0
        && sector <= store.sectors() - length / BlockStore.SECTOR;
  }
}
