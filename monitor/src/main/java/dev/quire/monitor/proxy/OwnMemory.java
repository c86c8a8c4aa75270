package dev.quire.monitor.proxy;

import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.machine.memory.PhysicalMemory;

/**
 * M0, the memory that the guest keeps, and the balloon that takes the rest, if no manager steers
 * it. Sizes are bytes.
 *
 * <p>The curve begins at M0, so less is better to know more; but what the guest uses itself must
 * fit, or it swaps. So M0 falls by a step when for a while the curve was flat, as long as the guest
 * says that it has some to spare; and it rises by a step as soon as the guest swaps.
 */
final class OwnMemory {
  private static final long PAGE = PhysicalMemory.FRAME_SIZE;

  /** A step is one in so many of the VM's memory. */
  private static final int STEPS = 20;

  /** Looks in 1 s, in which the guest is asked for its numbers. */
  private static final int ASKING = 10;

  /** Looks at a flat curve after which M0 falls: 10 s. */
  static final int FLAT = 100;

  /** A curve is flat if more memory would have spared so few misses in that time, or this part. */
  private static final long FEW_SPARED = 10;

  private static final int PART_OF_READS = 100;

  /** What a guest swaps out in 1 s, before that counts as swapping. */
  private static final long FEW_SWAPPED = 64 * PAGE;

  /** What the balloon takes after each word from the guest, at most. */
  private static final long MOST_TAKEN = 64 << 20;

  /** What a guest is to have available when its M0 has fallen, at least: one part in so many. */
  private static final int SPARE = 8;

  private final boolean adapts;
  private final long configured;
  private final long step;
  private volatile long bytes;
  private volatile boolean managed;
  private int looks;
  private int flatFrom = FLAT;
  private long saidAt = -1;
  private boolean reached;
  private long readsBefore;
  private long sparedBefore;
  private long swappedBefore = BalloonStatistics.UNKNOWN;

  OwnMemory(ProxyMemory.Settings settings, long configured) {
    this.adapts = settings.adapts();
    this.configured = configured;
    this.step = configured / STEPS & -PAGE;
    this.bytes = Math.min(settings.own(), configured);
  }

  long bytes() {
    return bytes;
  }

  /** Somebody else steers the balloon. */
  void managed() {
    managed = true;
  }

  /** Looks, on the thread of the VM's clock. */
  void step(VirtioBalloon balloon, ProxyMemory proxy) {
    if (!balloon.driverReady()) {
      reached = false; // a new driver begins with an empty balloon
      return;
    }
    looks++;
    BalloonStatistics said = balloon.statistics();
    boolean isNews = said.nanos() != saidAt;
    saidAt = said.nanos();
    if (isNews && adapts) {
      adapt(looks, said, proxy.counters().reads(), proxy.spared());
    }
    if (!managed) {
      if (adapts) {
        heedOwnDeflation(balloon);
      }
      if (isNews || configured - bytes < balloon.target() * PAGE) {
        steer(balloon, said.available());
      }
    }
    if (looks % ASKING == 0) {
      balloon.requestStatistics();
    }
  }

  /**
   * Lets M0 fall or rise.
   *
   * @param look how often was looked
   * @param said what the guest said last
   * @param reads misses of M0 so far
   * @param spared how many of these some more memory would have spared
   */
  void adapt(int look, BalloonStatistics said, long reads, long spared) {
    boolean swaps = swappedBefore >= 0 && said.swapOut() - swappedBefore > FEW_SWAPPED;
    swappedBefore = said.swapOut();
    if (swaps) {
      set(bytes + step);
    } else if (look < flatFrom) {
      return;
    } else if (isFlat(reads - readsBefore, spared - sparedBefore) && canSpare(said.available())) {
      set(bytes - step);
    }
    flatFrom = look + FLAT;
    readsBefore = reads;
    sparedBefore = spared;
  }

  private static boolean isFlat(long reads, long spared) {
    return spared < Math.max(FEW_SPARED, reads / PART_OF_READS);
  }

  private void set(long wanted) {
    bytes = Math.min(configured, wanted);
  }

  private boolean canSpare(long available) {
    return bytes - step >= ProxyMemory.Settings.LEAST_OWN && available - step > bytes / SPARE;
  }

  /** A guest that is out of memory takes it from its balloon: so much is its own from then on. */
  private void heedOwnDeflation(VirtioBalloon balloon) {
    long held = balloon.actual() * PAGE;
    if (reached && held < balloon.target() * PAGE) {
      set(Math.max(bytes, configured - held));
    }
    reached = balloon.actual() == balloon.target();
  }

  /** Towards M0 in steps, of which none takes more than half of what the guest can spare. */
  private void steer(VirtioBalloon balloon, long available) {
    long wanted = configured - bytes;
    long spared = available < 0 ? MOST_TAKEN : Math.min(MOST_TAKEN, available / 2);
    long next = Math.min(wanted, balloon.actual() * PAGE + spared) & -PAGE;
    if (next != balloon.target() * PAGE) {
      balloon.target((int) (next / PAGE));
      reached = false;
    }
  }
}
