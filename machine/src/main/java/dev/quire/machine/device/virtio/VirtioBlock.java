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
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The block device (specification, section 5.2) over a {@link BlockStore}, one queue, write-back
 * with FLUSH. A request is carried out, and completes, a fixed guest time after the notification
 * that announced it; so the order and the instants of completions depend on the guest alone. Where
 * the disk itself takes time, requests that need it wait for that, one after the other, and those
 * behind them, too.
 */
public final class VirtioBlock implements VirtioFunction {
  private static final long F_SIZE_MAX = 1L << 1;
  private static final long F_SEG_MAX = 1L << 2;
  private static final long F_RO = 1L << 5;
  private static final long F_BLK_SIZE = 1L << 6;
  private static final long F_FLUSH = 1L << 9;
  private static final long F_DISCARD = 1L << 13;

  private static final int T_IN = 0;
  private static final int T_OUT = 1;
  private static final int T_FLUSH = 4;
  private static final int T_GET_ID = 8;
  private static final int T_DISCARD = 11;

  private static final int S_OK = 0;
  private static final int S_IOERR = 1;
  private static final int S_UNSUPP = 2;

  private static final int HEADER = 16;
  private static final int ID_BYTES = 20;
  private static final int CHUNK = 1 << 16;
  private static final int MAX_SEGMENTS = Virtqueue.MAX_SIZE - 2;
  private static final int MAX_SEGMENT_BYTES = (int) (DescriptorChain.MAX_BYTES / 256);

  /** A range to discard: sector 8, number of sectors 4, flags 4, of which none is possible. */
  private static final int RANGE = 16;

  private static final int MAX_RANGES = 16;

  /** All ranges of a request are as much as a read may be, for whoever follows each block. */
  private static final int MAX_RANGE_SECTORS =
      (int) (DescriptorChain.MAX_BYTES / BlockStore.SECTOR / MAX_RANGES);

  private static final System.Logger LOG = System.getLogger(VirtioBlock.class.getName());
  private static final int MAX_LOG_LINES = 10;

  /** Most announcements in a saved state: more than fit into the latency. */
  private static final int MAX_ANNOUNCED = 1 << 16;

  /** The guest made requests available up to {@code end}, which are carried out at {@code due}. */
  private record Announced(long due, int epoch, int end) {}

  private final BlockStore store;
  private final byte[] id;
  private final Timeline timeline;
  private final Times times;
  private final @Nullable PageTransfers pages;
  private final byte[] config;
  private final byte[] buffer = new byte[CHUNK];
  private final byte[] compared = new byte[PageTransfers.PAGE];
  private final byte[] status = new byte[1];
  private final ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
  private final ArrayDeque<Announced> announced = new ArrayDeque<>();
  private @Nullable VirtioMmio transport;
  private int scheduledEpoch = -1;
  private int scheduledEnd;
  private int logLines;

  /** Whether the first request that is not carried out waits for the disk itself. */
  private boolean busy;

  /** If so: until when, in which epoch of the queue, and the end of what is announced meanwhile. */
  private long busyUntil;

  private int busyEpoch;
  private int busyEnd;

  private final AtomicLong bytesRead = new AtomicLong();
  private final AtomicLong bytesWritten = new AtomicLong();

  /**
   * What requests take, in nanoseconds of guest time.
   *
   * @param latency from a notification until requests are carried out; 0: during the notification
   * @param disk more for each that needs the disk itself, and not only what others know of it
   */
  public record Times(long latency, long disk) {}

  /** The same for a disk that takes no time itself, and tells nobody what it transfers. */
  public VirtioBlock(BlockStore store, String id, Timeline timeline, long latencyNanos) {
    this(store, id, timeline, new Times(latencyNanos, 0), null);
  }

  /**
   * A disk with what {@code store} holds.
   *
   * @param id the disk's serial number, of which the guest sees 20 ASCII characters
   * @param pages is told of the pages that are transferred; null: nobody is
   */
  public VirtioBlock(
      BlockStore store, String id, Timeline timeline, Times times, @Nullable PageTransfers pages) {
    this.store = store;
    this.id = Arrays.copyOf(id.getBytes(US_ASCII), ID_BYTES);
    this.timeline = timeline;
    this.times = times;
    this.pages = pages;
    ByteBuffer space =
        ByteBuffer.allocate(store.discards() ? 48 : 24).order(ByteOrder.LITTLE_ENDIAN);
    space.putLong(0, store.sectors());
    space.putInt(8, MAX_SEGMENT_BYTES);
    space.putInt(12, MAX_SEGMENTS);
    space.putInt(20, BlockStore.SECTOR);
    if (store.discards()) {
      space.putInt(36, MAX_RANGE_SECTORS);
      space.putInt(40, MAX_RANGES);
      space.putInt(44, PageTransfers.SECTORS);
    }
    this.config = space.array();
  }

  /**
   * How many 4 KiB were read from the disk itself, as parts of requests of any size; any thread.
   */
  public long pagesRead() {
    return bytesRead.get() / PageTransfers.PAGE;
  }

  /** How many 4 KiB were written to it, likewise. */
  public long pagesWritten() {
    return bytesWritten.get() / PageTransfers.PAGE;
  }

  @Override
  public int deviceId() {
    return 2;
  }

  @Override
  public long features() {
    long readOnly = store.readOnly() ? F_RO : 0;
    long discard = store.discards() ? F_DISCARD : 0;
    return F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH | readOnly | discard;
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
    busy = false;
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
    boolean waits = busy && busyEpoch == epoch;
    out.putBoolean(waits);
    if (waits) {
      out.putInstant(busyUntil);
      out.putInt(busyEnd);
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
    if (in.getBoolean()) {
      long due = in.getInstant();
      waitForDisk(due, in.getInt("the end of the requests", 0, 0xffff));
    }
  }

  @Override
  public void notified(int index) throws VirtioFault, DmaFault {
    VirtioMmio device = device();
    Virtqueue queue = device.queue(index);
    int end = queue.observe();
    if (times.latency == 0) {
      carryOut(device, queue, end);
      return;
    }
    if (queue.epoch() != scheduledEpoch || end != scheduledEnd) {
      announce(timeline.now() + times.latency, end);
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
      carryOut(device, queue, requests.end);
    }
  }

  /** Carries out what is before {@code end}, now or after what waits for the disk. */
  private void carryOut(VirtioMmio device, Virtqueue queue, int end) throws VirtioFault, DmaFault {
    if (busy && busyEpoch == queue.epoch()) {
      busyEnd = end;
    } else {
      serve(device, queue, end, false);
    }
  }

  /** Has the first request that is not carried out, and those before {@code end}, wait. */
  private void waitForDisk(long until, int end) {
    VirtioMmio device = device();
    int epoch = device.queue(0).epoch();
    busy = true;
    busyUntil = until;
    busyEpoch = epoch;
    busyEnd = end;
    long delay = Math.max(0, until - timeline.now());
    timeline.schedule(delay, () -> device.run(() -> diskDone(device, epoch, until)));
  }

  private void diskDone(VirtioMmio device, int epoch, long until) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(0);
    if (busy && busyUntil == until && busyEpoch == epoch && queue.epoch() == epoch) {
      busy = false;
      serve(device, queue, busyEnd, true);
    }
  }

  /** {@code waited}: the first request has waited for the disk already. */
  private void serve(VirtioMmio device, Virtqueue queue, int end, boolean waited)
      throws VirtioFault, DmaFault {
    boolean ready = waited || times.disk == 0;
    for (DescriptorChain chain = queue.pop(end); chain != null; chain = queue.pop(end)) {
      if (chain.readable() < HEADER || chain.writable() < 1) {
        throw new VirtioFault("a disk request without header or status");
      }
      chain.read(0, header.array(), 0, HEADER);
      int type = header.getInt(0);
      long sector = header.getLong(8);
      if (!ready && needsDisk(chain, type, sector)) {
        queue.unpop();
        waitForDisk(timeline.now() + times.disk, end);
        break;
      }
      ready = times.disk == 0;
      int result = request(chain, type, sector);
      status[0] = (byte) result;
      chain.write(chain.writable() - 1, status, 0, 1);
      queue.push(chain, result == S_OK || chain.writable() == 1 ? chain.writable() : 0);
    }
    device.signal(queue);
  }

  /** Whether a request goes to the disk itself. */
  private boolean needsDisk(DescriptorChain chain, int type, long sector) {
    long length = chain.writable() - 1;
    if (type == T_OUT && pages != null && pages.absorbs()) {
      return false;
    }
    if (type != T_IN || pages == null || !inside(sector, length)) {
      return type == T_IN || type == T_OUT || type == T_FLUSH;
    }
    for (long done = 0; done < length; ) {
      int count = step(sector, done, length);
      if (count < PageTransfers.PAGE
          || chain.pageToWrite(done) < 0
          || !pages.has(block(sector, done))) {
        return true;
      }
      done += count;
    }
    return false;
  }

  private int request(DescriptorChain chain, int type, long sector) throws VirtioFault, DmaFault {
    try {
      return switch (type) {
        case T_IN -> read(chain, sector);
        case T_OUT -> write(chain, sector);
        case T_FLUSH -> flush();
        case T_GET_ID -> identify(chain);
        case T_DISCARD -> discard(chain);
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
    for (long done = 0; done < length; ) {
      int count = step(sector, done, length);
      long gpa = pages != null && count == PageTransfers.PAGE ? chain.pageToWrite(done) : -1;
      if (pages != null && gpa >= 0) {
        readPage(pages, block(sector, done), gpa);
      } else {
        if (pages != null) {
          pages.partial();
        }
        load(sector + done / BlockStore.SECTOR, buffer, count);
        chain.write(done, buffer, 0, count);
      }
      done += count;
    }
    return S_OK;
  }

  private void load(long sector, byte[] to, int count) throws IOException {
    store.read(sector, to, 0, count);
    var _ = bytesRead.addAndGet(count);
  }

  private void readPage(PageTransfers transfers, long block, long gpa)
      throws DmaFault, IOException {
    long sector = block * PageTransfers.SECTORS;
    if (!transfers.find(block, gpa, buffer, 0)) {
      load(sector, buffer, PageTransfers.PAGE);
    } else if (transfers.checks()) {
      store.read(sector, compared, 0, PageTransfers.PAGE);
      boolean same = Arrays.equals(compared, 0, compared.length, buffer, 0, compared.length);
      transfers.compared(block, same);
    }
    transfers.fill(block, gpa, buffer, 0);
  }

  private int write(DescriptorChain chain, long sector) throws VirtioFault, DmaFault, IOException {
    long length = chain.readable() - HEADER;
    if (store.readOnly() || !inside(sector, length)) {
      return S_IOERR;
    }
    try {
      for (long done = 0; done < length; ) {
        int count = step(sector, done, length);
        long gpa = count == PageTransfers.PAGE ? chain.pageToRead(HEADER + done) : -1;
        if (pages != null && gpa >= 0) {
          pages.take(block(sector, done), gpa, buffer, 0);
        } else {
          if (pages != null) {
            pages.partial();
          }
          forget(sector + done / BlockStore.SECTOR, count);
          chain.read(HEADER + done, buffer, 0, count);
        }
        store.write(sector + done / BlockStore.SECTOR, buffer, 0, count);
        var _ = bytesWritten.addAndGet(count);
        done += count;
      }
    } catch (IOException e) {
      forget(sector, length);
      throw e;
    }
    return S_OK;
  }

  /** What is known of some sectors holds no longer. */
  private void forget(long sector, long length) {
    if (pages != null && length > 0) {
      long first = sector / PageTransfers.SECTORS;
      long end = Math.ceilDiv(sector + length / BlockStore.SECTOR, PageTransfers.SECTORS);
      pages.forget(first, end - first);
    }
  }

  /**
   * How much of a request is transferred at a time, from {@code done} on: if somebody follows its
   * pages, what remains of the block there.
   */
  private int step(long sector, long done, long length) {
    long inBlock = sector * BlockStore.SECTOR + done & PageTransfers.PAGE - 1;
    long most = pages == null ? CHUNK : PageTransfers.PAGE - inBlock;
    return (int) Math.min(most, length - done);
  }

  private static long block(long sector, long done) {
    return (sector + done / BlockStore.SECTOR) / PageTransfers.SECTORS;
  }

  private int flush() throws IOException {
    store.flush();
    return S_OK;
  }

  /** All of a request's ranges, or none of them if one is not possible. */
  private int discard(DescriptorChain chain) throws VirtioFault, DmaFault, IOException {
    if (!store.discards()) {
      return S_UNSUPP;
    }
    long length = chain.readable() - HEADER;
    if (length == 0 || length % RANGE != 0 || length / RANGE > MAX_RANGES) {
      return S_IOERR;
    }
    ByteBuffer ranges = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    chain.read(HEADER, ranges.array(), 0, (int) length);
    for (int at = 0; at < length; at += RANGE) {
      int result = check(ranges.getLong(at), ranges.getInt(at + 8), ranges.getInt(at + 12));
      if (result != S_OK) {
        return result;
      }
    }
    for (int at = 0; at < length; at += RANGE) {
      discard(ranges.getLong(at), ranges.getInt(at + 8));
    }
    return S_OK;
  }

  private int check(long sector, int count, int flags) {
    boolean possible =
        count >= 0
            && count <= MAX_RANGE_SECTORS
            && inside(sector, (long) count * BlockStore.SECTOR);
    return flags != 0 ? S_UNSUPP : possible ? S_OK : S_IOERR;
  }

  private void discard(long sector, int count) throws IOException {
    long first = Math.ceilDiv(sector, PageTransfers.SECTORS);
    long end = (sector + count) / PageTransfers.SECTORS;
    if (pages != null && end > first) {
      pages.forget(first, end - first);
    }
    store.discard(sector, count);
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
