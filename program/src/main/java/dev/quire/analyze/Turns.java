package dev.quire.analyze;

import dev.quire.monitor.estimate.Estimator;
import dev.quire.monitor.trace.FrameStream;
import java.util.List;

/**
 * Gathers references and gives them to one estimator after the other, so that each one's time can
 * be taken.
 */
final class Turns<E extends Estimator> implements FrameStream {
  private static final int GATHERED = 4096;

  private final List<Timed<E>> estimators;
  private final long[] times = new long[GATHERED];
  private final int[] frames = new int[GATHERED];
  private final int[] evicted = new int[GATHERED];
  private int count;

  Turns(List<E> estimators) {
    this.estimators = estimators.stream().map(Timed::new).toList();
  }

  List<Timed<E>> estimators() {
    return estimators;
  }

  @Override
  public void miss(long time, int frame, int left) {
    times[count] = time;
    frames[count] = frame;
    evicted[count] = left;
    count++;
    if (count == GATHERED) {
      give();
    }
  }

  /** Gives what was gathered. */
  void give() {
    for (Timed<E> estimator : estimators) {
      estimator.take(times, frames, evicted, count);
    }
    count = 0;
  }
}
