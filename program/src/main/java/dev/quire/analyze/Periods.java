package dev.quire.analyze;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.estimate.WorkingSet;
import dev.quire.monitor.estimate.WorkingSetEstimator;
import dev.quire.monitor.trace.FrameStream;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cuts references into periods, the first from the first reference on, and judges what each
 * estimator says of each period that ends within the trace.
 */
final class Periods implements FrameStream {
  private static final int MOST = 100_000;

  private final long length;
  private final Turns<WorkingSetEstimator> turns;
  private final List<PeriodJudgement> judgements;
  private boolean begun;
  private long end;
  private int count;

  /**
   * Judges by the first of the estimators.
   *
   * @param length of a period, nanoseconds of the VM's time
   */
  Periods(long length, List<WorkingSetEstimator> estimators) {
    this.length = length;
    turns = new Turns<>(estimators);
    judgements = estimators.stream().map(estimator -> new PeriodJudgement()).toList();
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    if (!begun) {
      begun = true;
      begin(time);
    }
    if (time >= end) {
      endUntil(time);
    }
    turns.miss(time, frame, evicted);
  }

  /** The trace ends: so do the periods that end by then, but not the one that runs. */
  void close(long time) {
    if (begun) {
      endUntil(time);
    }
  }

  private void begin(long time) {
    end = time + length;
    for (Timed<WorkingSetEstimator> timed : turns.estimators()) {
      timed.estimator().begin(time);
    }
  }

  private void endUntil(long time) {
    turns.give();
    while (time >= end) {
      if (count == MOST) {
        throw UserError.of(
            "The trace has more than %,d periods of %s s: choose a longer --period.",
            MOST, length / 1e9);
      }
      count++;
      long ended = end;
      List<WorkingSet> seen =
          turns.estimators().stream().map(timed -> timed.estimator().end(ended)).toList();
      for (int i = 0; i < seen.size(); i++) {
        judgements.get(i).add(ended / 1e9, seen.getFirst(), seen.get(i));
      }
      begin(ended);
    }
  }

  /** How many periods ended. */
  int count() {
    return count;
  }

  /** What was seen, by estimator. */
  List<Analysis.WorkingSets> results() {
    return IntStream.range(0, judgements.size())
        .mapToObj(i -> new Analysis.WorkingSets(turns.estimators().get(i), judgements.get(i)))
        .toList();
  }
}
