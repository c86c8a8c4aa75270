package dev.quire.bench;

import dev.quire.chart.Axis;
import dev.quire.chart.SvgChart;
import dev.quire.chart.Unit;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.estimate.MissCurve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Misses that proxy memory predicts, beside those of guests that really have so much memory. */
@Command(
    name = "curve",
    mixinStandardHelpOptions = true,
    description = {
      "Has a guest with proxy memory do its work, and then guests without that, whose balloon",
      "takes less and less; prints predicted and real misses, in pages."
    })
final class ProxyCurveBench implements Callable<Integer> {
  private static final int PERCENT = 100;

  @Parameters(paramLabel = "WORKLOAD", description = ProxyWorkload.NAMES + "; by default all.")
  private List<String> names = List.of();

  @Option(names = "--own", defaultValue = "60", description = "M0, in per cent of the memory.")
  private int own = 60;

  @Option(
      names = "--at",
      split = ",",
      defaultValue = "0,25,50,75,100",
      description = "How much of the rest the resized guests have, in per cent.")
  private List<Integer> at = List.of();

  @Option(names = "--svg", paramLabel = "FILE", description = "Draw one workload's curve, too.")
  private @Nullable Path svg;

  /** What a guest with so much memory missed, and was said to miss. */
  private record Point(double bytes, double predicted, double real) {
    /** By what part more was predicted; NaN of nothing. */
    double off() {
      return real == 0 ? Double.NaN : predicted / real - 1;
    }
  }

  @Override
  public Integer call() throws IOException {
    List<ProxyWorkload> workloads = ProxyWorkload.of(names);
    if (svg != null && workloads.size() != 1) {
      throw new UserError("--svg draws one workload: name one.");
    }
    for (ProxyWorkload workload : workloads) {
      MissCurve curve = Objects.requireNonNull(run(workload, workload.pages(PERCENT - own), true));
      List<Point> points = new ArrayList<>();
      for (int part : at) {
        points.add(point(workload, curve, part));
      }
      print(workload, points);
      if (svg != null) {
        Files.writeString(svg, chart(workload, curve, points).svg());
      }
    }
    return 0;
  }

  private static @Nullable MissCurve run(ProxyWorkload workload, int taken, boolean cached)
      throws IOException {
    return ProxyGuest.run(new ProxyGuest.Plan(workload, taken, cached, 0)).curve();
  }

  private Point point(ProxyWorkload workload, MissCurve curve, int part) throws IOException {
    int taken = workload.pages(PERCENT - own) * (PERCENT - part) / PERCENT;
    int frames = (int) (workload.bytes() / ProxyWorkload.PAGE) - taken;
    long real = ProxyGuest.run(new ProxyGuest.Plan(workload, taken, false, 0)).diskReads();
    double predicted = curve.misses(Math.min(frames, curve.to()));
    return new Point((double) frames * ProxyWorkload.PAGE, predicted, real);
  }

  private static void print(ProxyWorkload workload, List<Point> points) {
    System.out.printf(
        Locale.ROOT,
        "%-10s %8s %10s %10s %8s%n",
        workload.name(),
        "MiB",
        "predicted",
        "real",
        "off");
    for (Point point : points) {
      System.out.printf(
          Locale.ROOT,
          "%-10s %8.1f %10.0f %10.0f %10s%n",
          "",
          point.bytes / (1 << 20),
          point.predicted,
          point.real,
          percent("%+.1f %%", point.off()));
    }
    System.out.println(
        " ".repeat(11) + "mean error " + percent("%.1f %%", meanError(points)) + " of real misses");
  }

  private static double meanError(List<Point> points) {
    return points.stream()
        .mapToDouble(point -> Math.abs(point.off()))
        .filter(Double::isFinite)
        .average()
        .orElse(Double.NaN);
  }

  private static String percent(String format, double part) {
    return Double.isNaN(part) ? "-" : String.format(Locale.ROOT, format, PERCENT * part);
  }

  private static SvgChart chart(ProxyWorkload workload, MissCurve curve, List<Point> points) {
    List<MissCurve.Point> drawn =
        curve.points(200).stream().filter(p -> p.frames() * 4096.0 <= workload.bytes()).toList();
    return new SvgChart(
            "Misses of the workload %s".formatted(workload.name()),
            new Axis("memory of the guest", Unit.BYTES),
            new Axis("pages read from the disk", Unit.COUNT))
        .line(
            "real, of guests of that size",
            values(points, Point::bytes),
            values(points, Point::real))
        .staircase(
            "predicted by proxy memory",
            values(drawn, p -> p.frames() * 4096.0),
            values(drawn, MissCurve.Point::misses));
  }

  private static <T> double[] values(List<T> points, ToDoubleFunction<T> of) {
    return points.stream().mapToDouble(of).toArray();
  }
}
