package dev.quire.monitor.proxy;

import dev.quire.machine.board.UserError;

/** The proxy memory of one VM. */
public final class ProxyMemory {
  /**
   * How it is to be.
   *
   * @param own bytes that the guest keeps at first, whole pages: M0; its balloon takes the rest
   * @param adapts whether M0 changes: down while the curve is flat, up when the guest swaps
   * @param checks whether each block that the cache gives is compared with the disk's
   */
  public record Settings(long own, boolean adapts, boolean checks) {
    /** What the guest keeps unless told otherwise, in percent of its memory. */
    public static final int STANDARD_PERCENT = 60;

    /** Less is not enough for a Linux. */
    public static final long LEAST_OWN = 64L << 20;

    /** Checks what a user may have got wrong. */
    public Settings {
      if (own < LEAST_OWN || own % 4096 != 0) {
        throw UserError.of(
            "A guest cannot keep %,d bytes beside its proxy memory: at least %d MiB, in whole"
                + " pages of 4 KiB.",
            own, LEAST_OWN >> 20);
      }
    }
  }

  private final MissTrace trace = new MissTrace();

  /** What the guest keeps now, in bytes: M0. */
  public long own() {
    return 0;
  }

  /** Says how many bytes the cache may take of the machine from now on; at first all it wants. */
  public void limit(long bytes) {}

  /** Bytes in its frames now. */
  public long cached() {
    return 0;
  }

  /** Bytes that it may have now: no more than the balloon has taken, and its limit. */
  public long capacity() {
    return 0;
  }

  /** The stack and the curve; use only what is public, under the memory's monitor. */
  public MissTrace trace() {
    return trace;
  }

  public ProxyCounters counters() {
    return new ProxyCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }
}
