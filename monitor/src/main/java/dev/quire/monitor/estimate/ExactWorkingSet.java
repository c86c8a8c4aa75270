package dev.quire.monitor.estimate;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The truth about a VM's working set: when each frame was last referenced. The working set is known
 * over every window that ends now (Denning, CACM 11(5), 1968).
 *
 * <p>Exact as the stream is: a filter of k frames does not tell of references to the frames in it,
 * so up to k frames more may have been in use, those that were in the filter when the window began.
 * That is one frame if only consecutive repeats are dropped.
 *
 * <p>Eight bytes a frame; a reference costs a load and a store.
 */
public final class ExactWorkingSet implements WorkingSetEstimator {
  private static final long NEVER = -1;

  private final long[] last;
  private long begin;
  private int inPeriod;

  /**
   * Of frames that are never referenced.
   *
   * @param frames how many the VM has
   */
  public ExactWorkingSet(int frames) {
    last = new long[frames];
    Arrays.fill(last, NEVER);
  }

  @Override
  public String name() {
    return "exact";
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    inPeriod += last[frame] < begin ? 1 : 0;
    last[frame] = time;
  }

  /**
   * How many frames were referenced at {@code since} or later. Looks at all frames.
   *
   * @param since nanoseconds of the VM's time, 0 or more
   */
  public int framesSince(long since) {
    return framesSince(since, frame -> true);
  }

  /** The same, only among frames that are {@code counted}. */
  public int framesSince(long since, IntPredicate counted) {
    int frames = 0;
    for (int frame = 0; frame < last.length; frame++) {
      frames += last[frame] >= since && counted.test(frame) ? 1 : 0;
    }
    return frames;
  }

  @Override
  public void begin(long time) {
    begin = time;
    inPeriod = 0;
  }

  @Override
  public WorkingSet end(long time) {
    return new WorkingSet(inPeriod, inPeriod, inPeriod);
  }
}
