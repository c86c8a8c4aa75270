package dev.quire.monitor.vcpu;

import java.util.Locale;

/** How often a vCPU came to the monitor, by reason. Counted by its own thread. */
@SuppressWarnings("EnumOrdinal") // counted often: an array, not a map
public final class Exits {
  /** What the monitor was needed for. */
  public enum Reason {
    /** An SBI call. */
    SBI,
    /** A load or store of a device. */
    MMIO,
    /** The guest waits for an interrupt. */
    WFI,
    /** satp was written, where the paging method needs to know. */
    SATP_WRITE,
    /** SFENCE.VMA or SINVAL.VMA, likewise. */
    FENCE,
    /** A store to a guest's page table, likewise. */
    TABLE_WRITE,
    /** A load from a guest's page table, likewise. */
    TABLE_READ,
    /** A shadow entry was missing. */
    SHADOW_FILL,
    /** A guest frame was touched that the G stage did not map. */
    P2M_FILL,
    /** A fault that is the guest's own to handle. */
    REFLECTED,
    /** An instruction that a guest does not have: reflected as illegal. */
    ILLEGAL,
    /** No machine frame was to be had; it is tried again when there is. */
    NO_FRAMES,
    /** The instructions of the slice were used up, or the monitor interrupted it. */
    BUDGET;

    private final String key;

    Reason() {
      StringBuilder camelCase = new StringBuilder();
      for (String word : name().split("_", -1)) {
        String lower = word.toLowerCase(Locale.ROOT);
        camelCase.append(camelCase.isEmpty() ? lower : word.charAt(0) + lower.substring(1));
      }
      key = camelCase.toString();
    }

    /** Its name in reports, in camelCase. */
    public String key() {
      return key;
    }
  }

  private static final Reason[] REASONS = Reason.values();

  private final long[] counts = new long[REASONS.length];
  private long sampleNanos;
  private long watchedNanos;

  void count(Reason reason) {
    counts[reason.ordinal()]++;
  }

  public long get(Reason reason) {
    return counts[reason.ordinal()];
  }

  /** A page that was sampled was touched in an exit that took so long. */
  void countSample(long nanos) {
    sampleNanos += nanos;
  }

  /**
   * Nanoseconds of the host's time in exits in which a page that was sampled was touched, which for
   * pages that had a frame there are because of that.
   */
  public long sampleNanos() {
    return sampleNanos;
  }

  /** A page that was watched was stored to in an exit that took so long. */
  void countWatched(long nanos) {
    watchedNanos += nanos;
  }

  /** Nanoseconds of the host's time in exits for stores to pages that match a disk's block. */
  public long watchedNanos() {
    return watchedNanos;
  }

  /** The sum over all reasons. */
  public long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /** Adds another vCPU's counts to these. */
  public void add(Exits other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    sampleNanos += other.sampleNanos;
    watchedNanos += other.watchedNanos;
  }
}
