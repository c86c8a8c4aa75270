package dev.quire.chart;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * A chart of lines over two axes that begin at 0, with a legend. It has no background, and its
 * colors can be read on a light one and on a dark one. Values below 0 are drawn at 0; where a value
 * is NaN, its line has a gap.
 */
public final class SvgChart {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 400;
  private static final int LEFT = 80;
  private static final int RIGHT = 24;
  private static final int TOP = 40;
  private static final int BOTTOM = 48;
  private static final int LEGEND_ROW = 20;
  private static final int LETTER = 7;
  private static final String GREY = "#808080";

  private static final List<String> COLORS =
      List.of("#808080", "#d9722e", "#3d8bd9", "#3a9e5c", "#b061c4", "#b08d12", "#d64f57");

  private final String title;
  private final Axis x;
  private final Axis y;
  private final List<Series> series = new ArrayList<>();

  private enum Shape {
    LINE,
    STAIRCASE,
    BAND
  }

  /** What is at an x: all values between {@code low} and {@code high}, for a line only one. */
  private record Span(double x, double low, double high) {}

  private record Series(String name, Shape shape, List<Span> spans) {}

  public SvgChart(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  /** Adds a line through points in the order of their x; the first line is grey. */
  public SvgChart line(String name, double[] x, double[] y) {
    return add(name, Shape.LINE, x, y, y);
  }

  /** Adds a line that keeps each y until the next x. */
  public SvgChart staircase(String name, double[] x, double[] y) {
    return add(name, Shape.STAIRCASE, x, y, y);
  }

  /** Adds the area between two lines. */
  public SvgChart band(String name, double[] x, double[] low, double[] high) {
    return add(name, Shape.BAND, x, low, high);
  }

  private SvgChart add(String name, Shape shape, double[] xs, double[] low, double[] high) {
    if (xs.length != low.length || xs.length != high.length) {
      throw new IllegalArgumentException("as many x as y: " + name);
    }
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < xs.length; i++) {
      spans.add(new Span(xs[i], low[i], high[i]));
    }
    series.add(new Series(name, shape, spans));
    return this;
  }

  /** The chart as an SVG document. */
  public String svg() {
    return column(List.of(this));
  }

  /** Charts below each other, as one SVG document. */
  public static String column(List<SvgChart> charts) {
    StringBuilder text = new StringBuilder();
    int height = charts.stream().mapToInt(SvgChart::height).sum();
    text.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">%n",
            WIDTH,
            height,
            WIDTH,
            GREY));
    int top = 0;
    for (SvgChart chart : charts) {
      text.append(String.format(Locale.ROOT, "<g transform=\"translate(0 %d)\">%n", top));
      chart.new Drawing().draw(text);
      text.append("</g>\n");
      top += chart.height();
    }
    return text.append("</svg>\n").toString();
  }

  private int height() {
    return HEIGHT + legend().size() * LEGEND_ROW;
  }

  /** The numbers of the series that each row of the legend names. */
  private List<List<Integer>> legend() {
    List<List<Integer>> rows = new ArrayList<>();
    int left = 0;
    for (int i = 0; i < series.size(); i++) {
      int width = legendWidth(series.get(i));
      if (width > left) {
        rows.add(new ArrayList<>());
        left = WIDTH - LEFT - RIGHT;
      }
      rows.getLast().add(i);
      left -= width;
    }
    return rows;
  }

  private static int legendWidth(Series one) {
    return 40 + LETTER * one.name().length();
  }

  /** One drawing of the chart: its scales, and what is written so far. */
  private final class Drawing {
    private final List<Double> xTicks = x.ticks(greatest(Span::x));
    private final List<Double> yTicks = y.ticks(greatest(Span::high));
    private final int bottom = HEIGHT - BOTTOM;

    private double greatest(ToDoubleFunction<Span> value) {
      return series.stream()
          .flatMap(one -> one.spans().stream())
          .mapToDouble(value)
          .filter(Double::isFinite)
          .max()
          .orElse(0);
    }

    private double px(double value) {
      return LEFT + Math.max(0, value) / xTicks.getLast() * (WIDTH - LEFT - RIGHT);
    }

    private double py(double value) {
      return bottom - Math.max(0, value) / yTicks.getLast() * (bottom - TOP);
    }

    void draw(StringBuilder text) {
      Formatter out = new Formatter(text, Locale.ROOT);
      out.format("<text x=\"%d\" y=\"20\" font-size=\"15\">%s</text>%n", LEFT, escaped(title));
      axes(out);
      for (int i = 0; i < series.size(); i++) {
        draw(out, series.get(i), COLORS.get(i % COLORS.size()));
      }
      int row = HEIGHT + LEGEND_ROW / 2;
      for (List<Integer> numbers : legend()) {
        int place = LEFT;
        for (int i : numbers) {
          String color = COLORS.get(i % COLORS.size());
          out.format(
              "<path d=\"M%d %dh16\" stroke=\"%s\" stroke-width=\"4\"/>%n", place, row - 4, color);
          out.format(
              "<text x=\"%d\" y=\"%d\">%s</text>%n",
              place + 22, row, escaped(series.get(i).name()));
          place += legendWidth(series.get(i));
        }
        row += LEGEND_ROW;
      }
    }

    private void axes(Formatter out) {
      for (double tick : yTicks) {
        out.format(
            "<path d=\"M%d %.1fH%d\" stroke=\"%s\" stroke-opacity=\"%s\"/>%n",
            LEFT, py(tick), WIDTH - RIGHT, GREY, tick == 0 ? "1" : "0.25");
        out.format(
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
            LEFT - 8, py(tick) + 4, y.unit().written(tick));
      }
      for (double tick : xTicks) {
        out.format("<path d=\"M%.1f %dv5\" stroke=\"%s\"/>%n", px(tick), bottom, GREY);
        out.format(
            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
            px(tick), bottom + 18, x.unit().written(tick));
      }
      out.format("<path d=\"M%d %dV%d\" stroke=\"%s\"/>%n", LEFT, TOP, bottom, GREY);
      out.format(
          "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          (LEFT + WIDTH - RIGHT) / 2, bottom + 36, escaped(x.label()));
      out.format(
          "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
          (TOP + bottom) / 2, escaped(y.label()));
    }

    private void draw(Formatter out, Series one, String color) {
      StringBuilder path = new StringBuilder();
      List<Span> stretch = new ArrayList<>();
      for (Span span : one.spans()) {
        if (Double.isNaN(span.low()) || Double.isNaN(span.high())) {
          draw(path, one.shape(), stretch);
          stretch.clear();
        } else {
          stretch.add(span);
        }
      }
      draw(path, one.shape(), stretch);
      out.format(
          one.shape() == Shape.BAND
              ? "<path d=\"%s\" fill=\"%s\" fill-opacity=\"0.25\"/>%n"
              : "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n",
          path.toString(),
          color);
    }

    /** A stretch without gaps; of a band, there and back. */
    private void draw(StringBuilder path, Shape shape, List<Span> stretch) {
      for (int i = 0; i < stretch.size(); i++) {
        Span span = stretch.get(i);
        if (shape == Shape.STAIRCASE && i > 0) {
          point(path, 'L', span.x(), stretch.get(i - 1).high());
        }
        point(path, i == 0 ? 'M' : 'L', span.x(), span.high());
      }
      if (shape == Shape.BAND && !stretch.isEmpty()) {
        stretch.reversed().forEach(span -> point(path, 'L', span.x(), span.low()));
        path.append('Z');
      }
    }

    private void point(StringBuilder path, char command, double atX, double atY) {
      path.append(String.format(Locale.ROOT, "%c%.1f %.1f", command, px(atX), py(atY)));
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
