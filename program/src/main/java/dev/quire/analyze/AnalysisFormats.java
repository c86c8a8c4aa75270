package dev.quire.analyze;

import dev.quire.analyze.Analysis.Curve;
import dev.quire.analyze.Analysis.WorkingSets;
import dev.quire.chart.Axis;
import dev.quire.chart.SvgChart;
import dev.quire.chart.Unit;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.trace.TraceEnd;
import dev.quire.monitor.trace.TraceHeader;
import dev.quire.run.Json;
import java.util.Arrays;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An analysis for programs, and as a picture. Sizes are in bytes, points as of a staircase. */
public final class AnalysisFormats {
  private static final int RESOLUTION = 500;

  /** The sizes of which a curve says something, in bytes, as JSON has it. */
  public record Range(long from, long to) {}

  /** A step of a curve, as JSON has it. */
  public record Point(long bytes, long misses) {}

  private AnalysisFormats() {}

  // ---- JSON ----------------------------------------------------------------------------------

  /** One object and a line feed. What is not known is null. */
  public static String json(Analysis analysis) {
    List<Curve> curves = analysis.curves();
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("trace", trace(analysis));
    object.put("filterFrames", analysis.filter());
    object.put("references", curves.getFirst().curve().references());
    object.put("footprint", bytes(CurveJudgement.footprint(curves.getFirst().curve())));
    object.put("curves", curves.stream().map(AnalysisFormats::curve).toList());
    object.put("periodNanos", analysis.options().period());
    object.put("periods", analysis.periods());
    object.put(
        "workingSets", analysis.workingSets().stream().map(AnalysisFormats::workingSets).toList());
    return Json.write(object);
  }

  private static Map<String, @Nullable Object> trace(Analysis analysis) {
    TraceHeader header = analysis.header();
    TraceEnd end = analysis.end();
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("vm", header.vm());
    object.put("memory", bytes(header.frames()));
    object.put("paging", header.paging());
    object.put("clock", header.clock());
    object.put("filterFrames", header.filter());
    object.put("whole", end.whole());
    object.put("endNanos", end.time());
    object.put("references", end.references().isPresent() ? end.references().getAsLong() : null);
    object.put("misses", end.misses());
    return object;
  }

  private static Map<String, @Nullable Object> curve(Curve curve) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("source", curve.name());
    object.put("valid", valid(curve.curve()));
    object.put("meanAbsoluteError", known(curve.judgement().meanError()));
    object.put("medianRelativeErrorOfMisses", known(curve.judgement().medianMisses()));
    object.put("referencesPerSecond", whole(curve.timed().referencesPerSecond()));
    object.put("note", curve.timed().estimator().note());
    object.put("points", points(curve.curve()));
    return object;
  }

  /** The sizes of which a curve says something. */
  public static Range valid(MissCurve curve) {
    return new Range(bytes(curve.from()), bytes(curve.to()));
  }

  /** Points from which it can be drawn. */
  public static List<Point> points(MissCurve curve) {
    return curve.points(RESOLUTION).stream().map(AnalysisFormats::point).toList();
  }

  private static Point point(MissCurve.Point point) {
    return new Point(bytes(point.frames()), Math.round(point.misses()));
  }

  private static Map<String, @Nullable Object> workingSets(WorkingSets sets) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("source", sets.name());
    object.put("mean", inBytes(sets.judgement().mean()));
    object.put("bias", inBytes(sets.judgement().bias()));
    object.put("meanAbsoluteError", inBytes(sets.judgement().meanError()));
    object.put("coverage", known(sets.judgement().coverage()));
    object.put("referencesPerSecond", whole(sets.timed().referencesPerSecond()));
    object.put("note", sets.timed().estimator().note());
    return object;
  }

  private static long bytes(long frames) {
    return frames * TraceHeader.PAGE;
  }

  private static @Nullable Object inBytes(double frames) {
    return whole(frames * TraceHeader.PAGE);
  }

  private static @Nullable Object whole(double value) {
    return Double.isFinite(value) ? Math.round(value) : null;
  }

  private static @Nullable Object known(double value) {
    return Double.isFinite(value) ? value : null;
  }

  // ---- CSV -----------------------------------------------------------------------------------

  /**
   * A line for each point of each curve: {@code misses,SOURCE,BYTES,MISSES,,}; and for each period
   * (of a long trace, the mean of several): {@code used,SOURCE,SECONDS,BYTES,LOW,HIGH}.
   */
  public static String csv(Analysis analysis) {
    StringBuilder text = new StringBuilder("what,source,x,y,low,high\n");
    Formatter out = new Formatter(text, Locale.ROOT);
    for (Curve curve : analysis.curves()) {
      for (MissCurve.Point point : curve.curve().points(RESOLUTION)) {
        out.format(
            "misses,\"%s\",%d,%.0f,,%n", curve.name(), bytes(point.frames()), point.misses());
      }
    }
    for (WorkingSets sets : analysis.workingSets()) {
      TimeSeries series = sets.judgement().series();
      double[] seconds = series.column(PeriodJudgement.TIME);
      for (int i = 0; i < seconds.length; i++) {
        out.format(
            "used,\"%s\",%s,%s,%s,%s%n",
            sets.name(),
            seconds[i],
            cell(series.column(PeriodJudgement.SEEN)[i]),
            cell(series.column(PeriodJudgement.LOW)[i]),
            cell(series.column(PeriodJudgement.HIGH)[i]));
      }
    }
    return text.toString();
  }

  private static String cell(double frames) {
    return Double.isNaN(frames)
        ? ""
        : String.format(Locale.ROOT, "%.0f", frames * TraceHeader.PAGE);
  }

  // ---- SVG -----------------------------------------------------------------------------------

  /** The curves, and below them the working sets over time. */
  public static String svg(Analysis analysis) {
    return SvgChart.column(List.of(curves(analysis), workingSets(analysis)));
  }

  private static SvgChart curves(Analysis analysis) {
    SvgChart chart =
        new SvgChart(
            "Miss ratio of LRU, behind a filter of %,d frames".formatted(analysis.filter()),
            new Axis("memory", Unit.BYTES),
            new Axis("misses / references", Unit.PART));
    for (Curve curve : analysis.curves()) {
      List<MissCurve.Point> points = curve.curve().points(RESOLUTION);
      double all = Math.max(1, curve.curve().references());
      chart.staircase(
          curve.name(),
          points.stream().mapToDouble(point -> bytes(point.frames())).toArray(),
          points.stream().mapToDouble(point -> point.misses() / all).toArray());
    }
    return chart;
  }

  private static SvgChart workingSets(Analysis analysis) {
    SvgChart chart =
        new SvgChart(
            "Memory in use in periods of %s s".formatted(analysis.options().period() / 1e9),
            new Axis("time of the VM", Unit.SECONDS),
            new Axis("memory in use", Unit.BYTES));
    for (WorkingSets sets : analysis.workingSets()) {
      TimeSeries series = sets.judgement().series();
      chart.line(
          sets.name(),
          series.column(PeriodJudgement.TIME),
          scaled(series.column(PeriodJudgement.SEEN)));
    }
    return chart;
  }

  private static double[] scaled(double[] frames) {
    return Arrays.stream(frames).map(value -> value * TraceHeader.PAGE).toArray();
  }
}
