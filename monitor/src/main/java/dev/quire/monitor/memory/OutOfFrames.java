package dev.quire.monitor.memory;

/** The machine's memory is used up. */
public final class OutOfFrames extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutOfFrames(long wanted, long total) {
    super(
        "The machine's memory is used up: %d more frames of 4 KiB were wanted, it has %d in all."
            .formatted(wanted, total));
  }
}
