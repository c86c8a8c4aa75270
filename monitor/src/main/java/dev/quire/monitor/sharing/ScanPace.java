package dev.quire.monitor.sharing;

import java.util.function.LongSupplier;

/**
 * How many pages may be looked at, as time goes on. What was not used is not saved up for longer
 * than {@link #MOST_NANOS}, so that a host that was busy is not busier afterwards.
 */
public final class ScanPace {
  /** Of machine time, for which nobody looked and which is caught up with. */
  private static final long MOST_NANOS = 20_000_000;

  private static final double SECOND = 1e9;

  private final Sharing.Pace pace;
  private final LongSupplier hostNanos;
  private long before;

  /** Pages, or nanoseconds of a host's processor; below 0 if the last batch took too long. */
  private double credit;

  /**
   * @param now machine time, nanoseconds
   * @param hostNanos the host's time, to see what a batch takes
   */
  public ScanPace(Sharing.Pace pace, long now, LongSupplier hostNanos) {
    this.pace = pace;
    this.before = now;
    this.hostNanos = hostNanos;
  }

  /** What looks at some pages. */
  @FunctionalInterface
  public interface Batch {
    /** Looks at so many. */
    void run(int pages);
  }

  /** Runs as many batches of at most {@code most} pages as are due at machine time {@code now}. */
  public void advance(long now, int most, Batch batch) {
    long passed = Math.min(now - before, MOST_NANOS);
    before = now;
    switch (pace) {
      case Sharing.Pace.Rate rate -> byRate(rate, passed, most, batch);
      case Sharing.Pace.Share share -> byTime(share, passed, most, batch);
    }
  }

  private void byRate(Sharing.Pace.Rate rate, long passed, int most, Batch batch) {
    credit += rate.pagesPerSecond() * (passed / SECOND);
    while (credit >= 1) {
      int pages = (int) Math.min(credit, most);
      credit -= pages;
      batch.run(pages);
    }
  }

  private void byTime(Sharing.Pace.Share share, long passed, int most, Batch batch) {
    credit += share.ofProcessor() * passed;
    while (credit > 0) {
      long begun = hostNanos.getAsLong();
      batch.run(most);
      credit -= hostNanos.getAsLong() - begun;
    }
  }
}
