package dev.quire.monitor.sharing;

/**
 * What is wanted of page sharing.
 *
 * @param mode which pages
 * @param order in which order they are looked at
 * @param pace how fast
 * @param seed of the hashes and of the random order: guests must not know it, unless the run is to
 *     repeat
 */
public record Sharing(Mode mode, Order order, Pace pace, long seed) {
  /** Which pages become one. */
  public enum Mode {
    /** None; nobody looks. */
    OFF,
    /** Pages of zeros are dropped; nothing is shared. */
    ZERO_ONLY,
    /** Pages of zeros are dropped, and equal pages of one group share a frame. */
    GROUP
  }

  /** How pages are chosen. */
  public enum Order {
    /** All pages of all VMs in a new random order each time. */
    RANDOM,
    /** VM by VM, page by page. */
    SEQUENTIAL
  }

  /** How fast pages are looked at. */
  public sealed interface Pace {
    /** Guest pages a second of the machine's time, at least 1, with or without a frame. */
    record Rate(long pagesPerSecond) implements Pace {}

    /**
     * A part of the time of one of the host's processors, above 0 and at most 1. It depends on the
     * host, so that no run that uses it repeats.
     */
    record Share(double ofProcessor) implements Pace {}
  }

  /** Nothing. */
  public static final Sharing NONE = new Sharing(Mode.OFF, Order.RANDOM, new Pace.Rate(1), 0);

  /** Whether anybody looks at all. */
  public boolean isOn() {
    return mode != Mode.OFF;
  }
}
