package dev.quire.analyze;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.estimate.CurveEstimator;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.estimate.WorkingSetEstimator;
import dev.quire.monitor.trace.FrameStream;
import dev.quire.monitor.trace.LruFilter;
import dev.quire.monitor.trace.TraceEnd;
import dev.quire.monitor.trace.TraceHeader;
import dev.quire.monitor.trace.TraceReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A trace, read once, and what all estimators say of it: curves of what the filter that is asked
 * for leaves, working sets of all that is in the trace.
 */
public final class Analysis {
  /**
   * What the user may choose.
   *
   * @param filter curves are of what an LRU filter of so many frames leaves; 0 for the trace's own
   * @param sMax the most frames that SHARDS follows, 1 or more
   * @param period nanoseconds of the VM's time, 1 or more
   * @param sample frames that are sampled in each period, 1 or more
   * @param seed of whatever is random
   */
  public record Options(int filter, int sMax, long period, int sample, long seed) {}

  /** A curve, judged; the exact one too. */
  record Curve(Timed<CurveEstimator> timed, MissCurve curve, CurveJudgement judgement) {
    String name() {
      return timed.estimator().name();
    }
  }

  /** The working sets that an estimator saw, judged; the exact ones too. */
  record WorkingSets(Timed<WorkingSetEstimator> timed, PeriodJudgement judgement) {
    String name() {
      return timed.estimator().name();
    }
  }

  private final Path file;
  private final Options options;
  private final TraceHeader header;
  private final TraceEnd end;
  private final int filter;
  private final List<Curve> curves;
  private final Periods periods;

  /** Reads and analyzes all of a trace; a {@link UserError} says why one cannot be. */
  public static Analysis of(Path file, Options options) {
    try (TraceReader reader = new TraceReader(file)) {
      return new Analysis(file, reader, options);
    }
  }

  private Analysis(Path file, TraceReader reader, Options options) {
    this.file = file;
    this.options = options;
    header = reader.header();
    filter = options.filter() == 0 ? header.filter() : options.filter();
    int added = filter - header.filter();
    if (added < 0) {
      throw UserError.of(
          "%s is what a filter of %,d frames left: --filter can be that or more, not %,d.",
          file, header.filter(), filter);
    }
    Estimators.Settings settings =
        new Estimators.Settings(
            header.frames(), filter, options.sMax(), options.sample(), options.seed());
    Turns<CurveEstimator> turns = new Turns<>(Estimators.ofCurves(settings));
    FrameStream filtered = added == 0 ? turns : new LruFilter(header.frames(), added, turns);
    periods = new Periods(options.period(), Estimators.ofWorkingSets(settings));
    end =
        reader.read(
            (time, frame, evicted) -> {
              periods.miss(time, frame, evicted);
              filtered.miss(time, frame, evicted);
            });
    periods.close(end.time());
    turns.give();
    curves = judged(turns.estimators());
  }

  private static List<Curve> judged(List<Timed<CurveEstimator>> estimators) {
    MissCurve exact = estimators.getFirst().estimator().curve();
    List<Curve> curves = new ArrayList<>();
    for (Timed<CurveEstimator> timed : estimators) {
      MissCurve curve = timed.estimator().curve();
      curves.add(new Curve(timed, curve, CurveJudgement.of(exact, curve)));
    }
    return curves;
  }

  Path file() {
    return file;
  }

  Options options() {
    return options;
  }

  TraceHeader header() {
    return header;
  }

  TraceEnd end() {
    return end;
  }

  /** The frames of the filter that left what the curves are of. */
  int filter() {
    return filter;
  }

  /** The exact curve first. */
  List<Curve> curves() {
    return curves;
  }

  /** The exact ones first. */
  List<WorkingSets> workingSets() {
    return periods.results();
  }

  /** How many periods ended within the trace. */
  int periods() {
    return periods.count();
  }
}
