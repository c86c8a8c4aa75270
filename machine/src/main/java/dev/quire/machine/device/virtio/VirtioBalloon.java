package dev.quire.machine.device.virtio;

import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.machine.time.Timeline;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The memory balloon device (specification, section 5.5), in pages of 4 KiB. The host sets a target
 * and the driver gives pages up, or takes them back, until it holds that many; it may also report
 * pages that are free, and say how its memory is doing when asked.
 *
 * <pre>
 *   0 inflate     arrays of le32 page numbers    driver to device
 *   1 deflate     the same
 *   2 statistics  one buffer, which the device keeps until it wants new numbers
 *   4 reporting   buffers that are the free pages themselves
 * </pre>
 *
 * The last two exist if negotiated. Linux counts only the queues that exist, so that with this
 * device its reporting queue is 3, or 2 without statistics; therefore every queue from 2 up that is
 * not for statistics is for reports.
 *
 * <p>MUST_TELL_HOST is not offered: a page that the guest uses before it says so is like one that
 * is touched for the first time.
 */
public final class VirtioBalloon implements VirtioFunction {
  /** Size of a page as its number's shift. */
  public static final int PAGE_SHIFT = 12;

  private static final long PAGE_BYTES = 1L << PAGE_SHIFT;

  private static final long F_STATS_VQ = 1L << 1;
  private static final long F_DEFLATE_ON_OOM = 1L << 2;
  private static final long F_PAGE_REPORTING = 1L << 5;

  private static final int INFLATE = 0;
  private static final int DEFLATE = 1;
  private static final int STATISTICS = 2;
  private static final int QUEUES = 5;

  // The configuration space.
  private static final int NUM_PAGES = 0;
  private static final int ACTUAL = 4;
  private static final int CONFIG_BYTES = 8;

  /** In place of a descriptor's number in a saved state. */
  private static final int NO_BUFFER = -1;

  /** Most bytes of page numbers or statistics in a request: 16 Ki pages. Linux sends 1 KiB. */
  private static final int MAX_BYTES = 1 << 16;

  /** Most bytes of free pages in a request: Linux's 32 pages of the largest order, 4 MiB. */
  private static final long MAX_REPORTED = 128L << 20;

  private final BalloonPages pages;
  private final Timeline timeline;
  private final byte[] config = new byte[CONFIG_BYTES];
  private final ByteBuffer fields = little(config);
  private final byte[] buffer = new byte[MAX_BYTES];
  private final ByteBuffer numbers = little(buffer);
  private @Nullable VirtioMmio transport;
  private boolean hasStatistics;
  private boolean hasReporting;
  private @Nullable DescriptorChain keptBuffer;
  private int keptEpoch;
  private volatile int target;
  private volatile int actual;
  private volatile BalloonStatistics statistics = BalloonStatistics.NONE;

  /** {@code timeline} is the guest's. */
  public VirtioBalloon(BalloonPages pages, Timeline timeline) {
    this.pages = pages;
    this.timeline = timeline;
  }

  // ---- the host's side: any thread under the host clock ------------------------------------

  /** Asks the driver to hold {@code count} pages; also before there is a driver. */
  public void target(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("a balloon of " + count + " pages");
    }
    device()
        .changeConfig(
            () -> {
              fields.putInt(NUM_PAGES, count);
              target = count;
            });
  }

  /** Pages last asked for. */
  public int target() {
    return target;
  }

  /** Pages that the driver says it holds. */
  public int actual() {
    return actual;
  }

  /**
   * Asks the driver for new {@link #statistics}; nothing while an earlier request is not answered.
   */
  public void requestStatistics() {
    VirtioMmio device = device();
    device.run(() -> returnKeptBuffer(device));
  }

  /** The last that were received since the driver started. */
  public BalloonStatistics statistics() {
    return statistics;
  }

  /** Whether a driver drives the device. */
  public boolean driverReady() {
    return device().running();
  }

  // ---- the transport's side -----------------------------------------------------------------

  @Override
  public int deviceId() {
    return 5;
  }

  @Override
  public long features() {
    return F_STATS_VQ | F_DEFLATE_ON_OOM | F_PAGE_REPORTING;
  }

  @Override
  public int queueCount() {
    return QUEUES;
  }

  @Override
  public byte[] config() {
    return config;
  }

  /** The driver says how many pages it holds; the rest of the space is the host's. */
  @Override
  public void writeConfig(int offset, int size, long value) {
    for (int i = 0; i < size; i++) {
      int at = offset + i;
      if (at >= ACTUAL && at < CONFIG_BYTES) {
        fields.put(at, (byte) (value >>> 8 * i));
      }
    }
    readActual();
  }

  private void readActual() {
    long said = Integer.toUnsignedLong(fields.getInt(ACTUAL));
    actual = (int) Math.min(said, Integer.MAX_VALUE);
  }

  @Override
  public void attach(VirtioMmio transport) {
    this.transport = transport;
  }

  private VirtioMmio device() {
    return Objects.requireNonNull(transport, "a balloon without a transport");
  }

  /** Linux announces its first buffer for statistics before it is ready, and never again. */
  @Override
  public void start(long features) throws VirtioFault, DmaFault {
    hasStatistics = (features & F_STATS_VQ) != 0;
    hasReporting = (features & F_PAGE_REPORTING) != 0;
    if (hasStatistics && device().queue(STATISTICS).ready()) {
      takeStatistics(device());
    }
  }

  @Override
  public void reset() {
    hasStatistics = false;
    hasReporting = false;
    keptBuffer = null;
    fields.putInt(ACTUAL, 0);
    actual = 0;
    statistics = BalloonStatistics.NONE;
  }

  @Override
  public void save(StateWriter out) {
    out.putInt(target);
    out.putInt(fields.getInt(ACTUAL));
    out.putBoolean(hasStatistics);
    out.putBoolean(hasReporting);
    DescriptorChain kept = keptBuffer;
    boolean valid = keptEpoch == device().queue(STATISTICS).epoch();
    out.putInt(kept != null && valid ? kept.head() : NO_BUFFER);
    statistics.save(out);
  }

  @Override
  public void load(StateReader in) {
    target = in.getInt("the balloon's target", 0, Integer.MAX_VALUE);
    fields.putInt(NUM_PAGES, target);
    fields.putInt(ACTUAL, in.getInt());
    readActual();
    hasStatistics = in.getBoolean();
    hasReporting = in.getBoolean();
    Virtqueue queue = device().queue(STATISTICS);
    int kept = in.getInt("the buffer kept", NO_BUFFER, queue.size - 1);
    if (kept != NO_BUFFER) {
      if (!queue.ready()) {
        throw in.fault("a buffer is kept of a queue that is not in use");
      }
      keptBuffer = queue.taken(kept);
      keptEpoch = queue.epoch();
    }
    statistics = BalloonStatistics.load(in);
  }

  @Override
  public void notified(int index) throws VirtioFault, DmaFault {
    VirtioMmio device = device();
    if (index == INFLATE) {
      takePages(device, device.queue(INFLATE), pages::inflated);
    } else if (index == DEFLATE) {
      takePages(device, device.queue(DEFLATE), pages::deflated);
    } else if (index == STATISTICS && hasStatistics) {
      takeStatistics(device);
    } else if (hasReporting) {
      takeReports(device, device.queue(index));
    }
  }

  // ---- pages ----------------------------------------------------------------------------------

  private void takePages(VirtioMmio device, Virtqueue queue, LongConsumer each)
      throws VirtioFault, DmaFault {
    int end = queue.observe();
    for (DescriptorChain chain = queue.pop(end, MAX_BYTES);
        chain != null;
        chain = queue.pop(end, MAX_BYTES)) {
      int length = (int) chain.readable() & -Integer.BYTES;
      chain.read(0, buffer, 0, length);
      for (int at = 0; at < length; at += Integer.BYTES) {
        each.accept(Integer.toUnsignedLong(numbers.getInt(at)));
      }
      queue.push(chain, 0);
    }
    device.signal(queue);
  }

  private void takeReports(VirtioMmio device, Virtqueue queue) throws VirtioFault, DmaFault {
    int end = queue.observe();
    for (DescriptorChain chain = queue.pop(end, MAX_REPORTED);
        chain != null;
        chain = queue.pop(end, MAX_REPORTED)) {
      chain.eachWritable(this::report);
      queue.push(chain, 0);
    }
    device.signal(queue);
  }

  /** Passes on the whole pages inside a buffer. */
  private void report(long gpa, long length) {
    long start = gpa + PAGE_BYTES - 1 & -PAGE_BYTES;
    long end = gpa + length & -PAGE_BYTES;
    if (Long.compareUnsigned(gpa, start) <= 0 && Long.compareUnsigned(start, end) < 0) {
      pages.reported(start, end - start);
    }
  }

  // ---- statistics -----------------------------------------------------------------------------

  private void takeStatistics(VirtioMmio device) throws VirtioFault, DmaFault {
    Virtqueue queue = device.queue(STATISTICS);
    int end = queue.observe();
    for (DescriptorChain chain = queue.pop(end, MAX_BYTES);
        chain != null;
        chain = queue.pop(end, MAX_BYTES)) {
      returnKeptBuffer(device); // the driver should have had only one
      int length = (int) chain.readable();
      chain.read(0, buffer, 0, length);
      statistics = BalloonStatistics.parse(timeline.now(), buffer, length);
      keptBuffer = chain;
      keptEpoch = queue.epoch();
    }
  }

  private void returnKeptBuffer(VirtioMmio device) throws DmaFault {
    Virtqueue queue = device.queue(STATISTICS);
    DescriptorChain kept = keptBuffer;
    keptBuffer = null;
    if (kept != null && keptEpoch == queue.epoch()) {
      queue.push(kept, 0);
      device.signal(queue);
    }
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
