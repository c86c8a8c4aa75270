package dev.quire.chart;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

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

  /** The values between {@code low} and {@code high}, which are the same for a line. */
  private record Series(String name, double[] x, double[] low, double[] high, boolean steps) {}

  public SvgChart(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  /** Adds a line through points in the order of their x; the first line is grey. */
  public SvgChart line(String name, double[] x, double[] y) {
    return add(new Series(name, x, y, y, false));
  }

  /** Adds a line that keeps each y until the next x. */
  public SvgChart staircase(String name, double[] x, double[] y) {
    return add(new Series(name, x, y, y, true));
  }

  /** Adds the area between two lines. */
  public SvgChart band(String name, double[] x, double[] low, double[] high) {
    return add(new Series(name, x, low, high, false));
  }

  private SvgChart add(Series added) {
    if (added.x().length != added.low().length || added.x().length != added.high().length) {
      throw new IllegalArgumentException("as many x as y: " + added.name());
    }
    series.add(added);
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
    private final List<Double> xTicks = x.ticks(greatest(true));
    private final List<Double> yTicks = y.ticks(greatest(false));
    private final int bottom = HEIGHT - BOTTOM;

    private double greatest(boolean ofX) {
      double greatest = 0;
      for (Series one : series) {
        for (double value : ofX ? one.x() : one.high()) {
          greatest = value > greatest ? value : greatest;
        }
      }
      return greatest;
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
      int row = HEIGHT;
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
      boolean line = one.low() == one.high();
      StringBuilder path = new StringBuilder();
      int begin = 0;
      for (int i = 0; i <= one.x().length; i++) {
        if (i == one.x().length || Double.isNaN(one.low()[i]) || Double.isNaN(one.high()[i])) {
          stretch(path, one, begin, i);
          begin = i + 1;
        }
      }
      out.format(
          line
              ? "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n"
              : "<path d=\"%s\" fill=\"%s\" fill-opacity=\"0.25\"/>%n",
          path.toString(),
          color);
    }

    /** The points from {@code begin} to before {@code end}; of a band, there and back. */
    private void stretch(StringBuilder path, Series one, int begin, int end) {
      for (int i = begin; i < end; i++) {
        if (one.steps() && i > begin) {
          point(path, 'L', one.x()[i], one.high()[i - 1]);
        }
        point(path, i == begin ? 'M' : 'L', one.x()[i], one.high()[i]);
      }
      if (one.low() != one.high() && begin < end) {
        for (int i = end - 1; i >= begin; i--) {
          point(path, 'L', one.x()[i], one.low()[i]);
        }
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
