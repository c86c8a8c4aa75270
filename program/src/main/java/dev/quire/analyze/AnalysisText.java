package dev.quire.analyze;

import dev.quire.analyze.Analysis.Curve;
import dev.quire.analyze.Analysis.WorkingSets;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.trace.TraceEnd;
import dev.quire.monitor.trace.TraceHeader;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** An analysis for people: what the trace is, and a table for each kind of estimator. */
public final class AnalysisText {
  private static final List<Integer> PERCENTS = List.of(10, 25, 50, 75, 90);
  private static final double MIB = 1 << 20;
  private static final int LEAST_NAME = 16;

  private final Analysis analysis;
  private final List<Curve> curves;
  private final StringBuilder text = new StringBuilder();
  private final Formatter out = new Formatter(text, Locale.ROOT);

  public AnalysisText(Analysis analysis) {
    this.analysis = analysis;
    curves = analysis.curves();
  }

  /** Whole lines. */
  public String text() {
    trace();
    curves();
    workingSets();
    return text.toString();
  }

  private void trace() {
    TraceHeader header = analysis.header();
    TraceEnd end = analysis.end();
    out.format(
        "%s: %s, %.0f MiB, paging %s, clock %s, up to %.3f s%s%n",
        analysis.file().getFileName(),
        header.vm(),
        header.frames() * (TraceHeader.PAGE / MIB),
        header.paging(),
        header.clock(),
        end.time() / 1e9,
        end.whole() ? "" : "; it was cut off");
    end.references().ifPresent(all -> out.format("%,d references; ", all));
    MissCurve exact = curves.getFirst().curve();
    int footprint = CurveJudgement.footprint(exact);
    out.format("%,d after the trace's filter of %,d frames", end.misses(), header.filter());
    if (exact.from() > header.filter()) {
      out.format(", %,d after one of %,d", exact.references(), exact.from());
    }
    out.format(
        "%nfootprint %,d frames (%.1f MiB)%n%n", footprint, footprint * (TraceHeader.PAGE / MIB));
  }

  private void curves() {
    int width = LEAST_NAME;
    for (Curve curve : curves) {
      width = Math.max(width, curve.name().length());
    }
    out.format(
        "%s %39s %19s%n",
        padded("miss ratio", width), "at a part of the footprint   ", "error of  misses");
    out.format("%s ", padded("", width));
    PERCENTS.forEach(percent -> out.format("%5d %%", percent));
    out.format(" %12s %10s %13s%n", "the ratio", "(median)", "references/s");
    for (int i = 0; i < curves.size(); i++) {
      Curve curve = curves.get(i);
      boolean exact = i == 0;
      out.format("%s ", padded(curve.name(), width));
      PERCENTS.forEach(percent -> out.format("%7s", ratio(curve.curve(), percent)));
      CurveJudgement judgement = curve.judgement();
      out.format(
          " %12s %10s %13s  %s%n",
          exact ? "-" : number("%.4f", judgement.meanError()),
          exact ? "-" : number("%.1f %%", 100 * judgement.medianMisses()),
          number("%,.0f", curve.timed().referencesPerSecond()),
          curve.timed().estimator().note());
    }
    text.append('\n');
  }

  private String ratio(MissCurve curve, int percent) {
    int size = (int) (CurveJudgement.footprint(curves.getFirst().curve()) * (long) percent / 100);
    boolean known = curve.from() <= size && size <= curve.to();
    return number("%.3f", known ? curve.missRatio(size) : Double.NaN);
  }

  private void workingSets() {
    int width = LEAST_NAME;
    for (WorkingSets sets : analysis.workingSets()) {
      width = Math.max(width, sets.name().length());
    }
    out.format(
        "Memory in use in each of %,d periods of %s s, as the trace's filter of %,d frames left"
            + " it%n",
        analysis.periods(), analysis.options().period() / 1e9, analysis.header().filter());
    out.format(
        "%s %12s %12s %12s %9s %13s%n",
        padded("", width), "mean", "bias", "mean error", "covered", "references/s");
    for (int i = 0; i < analysis.workingSets().size(); i++) {
      WorkingSets sets = analysis.workingSets().get(i);
      boolean exact = i == 0;
      PeriodJudgement judgement = sets.judgement();
      out.format(
          "%s %12s %12s %12s %9s %13s  %s%n",
          padded(sets.name(), width),
          mib("%.1f MiB", judgement.mean()),
          exact ? "-" : mib("%+.1f MiB", judgement.bias()),
          exact ? "-" : mib("%.1f MiB", judgement.meanError()),
          exact ? "-" : number("%.1f %%", 100 * judgement.coverage()),
          number("%,.0f", sets.timed().referencesPerSecond()),
          sets.timed().estimator().note());
    }
  }

  private static String mib(String format, double frames) {
    return number(format, frames * (TraceHeader.PAGE / MIB));
  }

  private static String number(String format, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
  }

  private static String padded(String name, int width) {
    return name + " ".repeat(width - name.length());
  }
}
