package dev.quire.monitor.manager;

import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.Policy;
import org.jspecify.annotations.Nullable;

/**
 * Steers a VM's balloon in steps, and watches whether the guest obeys. Sizes are bytes. What a
 * balloon is worth is counted elsewhere, in frames that become free: pages that the guest never
 * touched cost nothing, and inflating over them saves nothing.
 */
final class BalloonControl {
  private static final long MIB = 1 << 20;

  /** At most so much more or less in one step of 100 ms. */
  private static final long MOST_UP = 8 * MIB;

  private static final long LEAST_UP = MIB;
  private static final long MOST_DOWN = 32 * MIB;

  /** What a guest keeps available at least, and of what it uses. */
  private static final long LEAST_RESERVE = 4 * MIB;

  private static final int RESERVE_PART = 8;

  /** A balloon that has not come nearer its target for so long does not obey. */
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  /** So much later it is asked again. */
  private static final long PENANCE_NANOS = 30_000_000_000L;

  /** Ballooned pages that are used all the same, before that is held against the guest. */
  private static final long MOST_TOUCHED = 256;

  private final @Nullable BalloonDriver driver;
  private final long configured;
  private long asked;

  /** When the guest spoke last, in its time, and what its balloon held when that was noticed. */
  private long saidAt = -1;

  private long actualWhenSaid;
  private boolean reached;
  private long lastActual;
  private long lastProgress;
  private long disobeyedAt = Long.MIN_VALUE;
  private long forgivenTouches;

  BalloonControl(@Nullable BalloonDriver driver, long configured) {
    this.driver = driver;
    this.configured = configured;
    this.asked = driver == null ? 0 : driver.asked() * Policy.PAGE;
  }

  /** What the balloon was last asked to hold. */
  long asked() {
    return asked;
  }

  /** What the driver says that it holds. */
  long actual() {
    return driver == null ? 0 : driver.actual() * Policy.PAGE;
  }

  /** What the guest said last. */
  BalloonStatistics statistics() {
    return driver == null ? BalloonStatistics.NONE : driver.statistics();
  }

  /**
   * What the guest could use without reclaiming by force, in bytes: as it said, less what the
   * balloon has taken since. -1 if it did not say.
   */
  long available() {
    BalloonStatistics said = statistics();
    if (said.nanos() != saidAt) {
      saidAt = said.nanos();
      actualWhenSaid = actual();
    }
    long moved = actual() - actualWhenSaid;
    return said.available() < 0 ? -1 : Math.max(0, said.available() - moved);
  }

  void requestStatistics() {
    if (driver != null && driver.isReady()) {
      driver.requestStatistics();
    }
  }

  /** Whether asking it is of use. */
  boolean obeys() {
    return driver != null && driver.isReady() && disobeyedAt == Long.MIN_VALUE;
  }

  /**
   * Moves what the balloon is asked for by at most one step.
   *
   * @param target what the VM is to hold at most
   * @param over by how much it holds more, or would if nothing else limited it; 0 if nothing is to
   *     be taken
   */
  void steer(long target, long over) {
    if (!obeys()) {
      return;
    }
    long cap = Math.max(0, configured - target);
    long most = Math.min(cap, mostByStatistics());
    if (asked > most) {
      ask(Math.max(most, asked - MOST_DOWN));
    } else if (over > 0 && actual() >= asked - MOST_UP) {
      long step = Math.clamp(over / 2, LEAST_UP, MOST_UP);
      ask(Math.min(most, asked + step));
    }
  }

  /** Whether it holds as much as the guest can spare, or does not obey. */
  boolean isExhausted(long target) {
    return !obeys()
        || asked >= Math.min(configured - target, mostByStatistics()) && actual() >= asked;
  }

  /** The guest keeps what it says it uses and a reserve; without its word, half of its memory. */
  private long mostByStatistics() {
    long available = available();
    if (available < 0) {
      return configured / 2;
    }
    long used = Math.max(0, configured - actual() - available);
    long reserve = Math.max(LEAST_RESERVE, used / RESERVE_PART);
    return Math.max(0, (configured - used - reserve) & -Policy.PAGE);
  }

  private void ask(long bytes) {
    if (driver != null && bytes != asked) {
      asked = bytes & -Policy.PAGE;
      driver.ask((int) (asked / Policy.PAGE));
      reached = false;
    }
  }

  /** Asks for exactly that, as a user wants it. */
  void set(long bytes) {
    ask(Math.clamp(bytes, 0, configured));
  }

  /** The guest cannot do anything now, and is not blamed for it. */
  void excuse(long now) {
    lastProgress = now;
  }

  /**
   * Looks whether the guest does what it was asked.
   *
   * @param now machine time
   * @return what is held against it, as the rest of a sentence that begins with its name; null if
   *     nothing new is
   */
  @Nullable String watch(long now, PageTraffic traffic) {
    if (driver == null || !driver.isReady()) {
      lastProgress = now;
      return null;
    }
    if (disobeyedAt != Long.MIN_VALUE) {
      forgive(now, traffic);
      return null;
    }
    long actual = actual();
    if (actual == asked || Math.abs(asked - actual) < Math.abs(asked - lastActual)) {
      lastProgress = now;
    }
    lastActual = actual;
    if (traffic.touchedBallooned() - forgivenTouches > MOST_TOUCHED) {
      return blame(now, "uses pages that its balloon gave away");
    }
    if (reached && actual < asked) {
      String by = " deflated its balloon by itself, from %d to %d MiB, for it was out of memory";
      String text = by.strip().formatted(asked / MIB, actual / MIB);
      asked = actual;
      driver.ask((int) (actual / Policy.PAGE));
      return blame(now, text);
    }
    reached = actual == asked;
    if (now - lastProgress > PATIENCE_NANOS) {
      return blame(
          now,
          "was asked for a balloon of %d MiB and stays at %d MiB"
              .formatted(asked / MIB, actual / MIB));
    }
    return null;
  }

  private String blame(long now, String text) {
    disobeyedAt = now;
    return text;
  }

  private void forgive(long now, PageTraffic traffic) {
    if (actual() == asked && now - disobeyedAt > PATIENCE_NANOS
        || now - disobeyedAt > PENANCE_NANOS) {
      disobeyedAt = Long.MIN_VALUE;
      forgivenTouches = traffic.touchedBallooned();
      lastProgress = now;
      lastActual = actual();
    }
  }
}
