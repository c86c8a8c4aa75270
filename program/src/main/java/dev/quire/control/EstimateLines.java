package dev.quire.control;

import dev.quire.monitor.estimate.Wilson;
import dev.quire.monitor.sampling.Estimate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Periods of sampling as JSON objects, and these as lines of a table. */
public final class EstimateLines {
  /** Above the lines. */
  public static final String HEADING =
      "     time  sampled  touched  fraction    low   high  estimate  accessed     truth  (MiB)\n";

  /** Below them. */
  public static final String NO_TRUTH =
      "The truth is not known: truth=on has each reference traced, which slows the guest down.\n";

  private static final double NANOS = 1e9;
  private static final double MIB = 1 << 20;

  private EstimateLines() {}

  /**
   * A period: {@code fraction} is the touched part of the sample, {@code low} to {@code high} its
   * 95 % interval; {@code slow}, {@code fast} and {@code running} are averages of such fractions.
   * {@code estimate}, {@code accessed} and {@code truth} are bytes, null for unknown; {@code begun}
   * and {@code ended} nanoseconds of the guest's time.
   */
  static Map<String, Object> json(Estimate estimate) {
    Wilson interval = estimate.interval();
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("sampled", estimate.sampled());
    json.put("touched", estimate.touched());
    json.put("fraction", estimate.fraction());
    json.put("low", interval.low());
    json.put("high", interval.high());
    json.put("estimate", estimate.bytes());
    json.put("truth", known(estimate.truth()));
    json.put("accessed", known(estimate.accessed()));
    json.put("number", estimate.number());
    json.put("begun", estimate.begun());
    json.put("ended", estimate.ended());
    json.put("population", estimate.population());
    json.put("slow", estimate.slow());
    json.put("fast", estimate.fast());
    json.put("withRunning", estimate.running());
    return nonNull(json);
  }

  private static @Nullable Long known(long bytes) {
    return bytes == Estimate.UNKNOWN ? null : bytes;
  }

  @SuppressWarnings("NullAway") // JSON has null, and the map is written or read as JSON
  private static Map<String, Object> nonNull(Map<String, @Nullable Object> json) {
    return json;
  }

  /** A period as {@link #json} gives it. */
  public static String line(Map<String, ?> period) {
    return String.format(
        Locale.ROOT,
        "%7.1f s  %7d  %7d  %8.3f  %5.3f  %5.3f  %8s  %8s  %8s%n",
        number(period, "ended") / NANOS,
        (long) number(period, "sampled"),
        (long) number(period, "touched"),
        number(period, "fraction"),
        number(period, "low"),
        number(period, "high"),
        mib(period, "estimate"),
        mib(period, "accessed"),
        mib(period, "truth"));
  }

  /** Whether the truth of a period is known. */
  public static boolean hasTruth(Map<String, ?> period) {
    return period.get("truth") instanceof Number;
  }

  private static double number(Map<String, ?> period, String key) {
    return period.get(key) instanceof Number number ? number.doubleValue() : 0;
  }

  private static String mib(Map<String, ?> period, String key) {
    return period.get(key) instanceof Number bytes
        ? String.format(Locale.ROOT, "%.1f", bytes.doubleValue() / MIB)
        : "-";
  }
}
