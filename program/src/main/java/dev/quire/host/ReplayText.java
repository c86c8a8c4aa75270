package dev.quire.host;

import dev.quire.host.Replay.Moment;
import dev.quire.host.Replay.Summary;
import dev.quire.monitor.policy.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A replay for people, and as one JSON value. */
public final class ReplayText {
  private static final String OPEN_LOOP =
      "This is open-loop: the recorded guests did not feel these decisions, so each line answers"
          + " for its own moment of the recorded run, not for a run under the other policy.";

  private static final double MIB = 1 << 20;
  private static final double NANOS = 1e9;

  private ReplayText() {}

  /** A table over time, and a summary for each VM. */
  public static String text(SnapshotLog.Header recorded, Replay replay) {
    StringBuilder text = new StringBuilder();
    text.append(
        "Recorded under %s on a machine of %s MiB; decided again by %s.\n"
            .formatted(recorded.policy(), whole(recorded.memory()), replay.policy().name()));
    text.append(OPEN_LOOP).append("\n\n");
    text.append("Targets in MiB, then -> now where they differ:\n");
    appendTable(text, table(replay));
    text.append("\nOver the whole run, in MiB:\n");
    appendTable(text, summary(replay));
    return text.toString();
  }

  private static List<List<String>> table(Replay replay) {
    List<List<String>> table = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("time"));
    heading.addAll(replay.vms());
    table.add(heading);
    for (Moment moment : replay.moments()) {
      Map<String, String> cells = new LinkedHashMap<>();
      replay.vms().forEach(vm -> cells.put(vm, "-"));
      for (int i = 0; i < moment.then().size(); i++) {
        cells.put(moment.then().get(i).vm(), cell(moment.then().get(i), moment.now().get(i)));
      }
      List<String> row = new ArrayList<>(List.of(seconds(moment.nanos())));
      row.addAll(cells.values());
      table.add(row);
    }
    return table;
  }

  private static String cell(Target then, Target now) {
    String before = whole(then.bytes());
    String after = whole(now.bytes());
    return before.equals(after) ? before : before + " -> " + after;
  }

  private static List<List<String>> summary(Replay replay) {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("VM", "mean then", "mean now", "difference", "largest", "at"));
    for (Summary summary : replay.summaries()) {
      table.add(
          List.of(
              summary.vm(),
              tenths(summary.meanThen()),
              tenths(summary.meanNow()),
              signed(summary.meanDifference()),
              signed(summary.largestDifference()),
              seconds(summary.largestNanos())));
    }
    return table;
  }

  /** Columns to the right, two blanks between them. */
  private static void appendTable(StringBuilder text, List<List<String>> table) {
    for (List<String> row : table) {
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width =
            table.stream().mapToInt(other -> other.get(column).length()).max().orElseThrow();
        text.append("  ").repeat(' ', width - row.get(i).length()).append(row.get(i));
      }
      text.append('\n');
    }
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%,.1f s", nanos / NANOS);
  }

  private static String whole(Number bytes) {
    return String.format(Locale.ROOT, "%,.0f", bytes.doubleValue() / MIB);
  }

  private static String tenths(Number bytes) {
    return String.format(Locale.ROOT, "%,.1f", bytes.doubleValue() / MIB);
  }

  private static String signed(Number bytes) {
    return String.format(Locale.ROOT, "%+,.1f", bytes.doubleValue() / MIB);
  }

  /** What {@link #text} says, in bytes and nanoseconds, with the reasons. */
  public static Map<String, Object> json(SnapshotLog.Header recorded, Replay replay) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("recorded", recorded);
    json.put("policy", replay.policy().name());
    json.put("openLoop", true);
    json.put("note", OPEN_LOOP);
    json.put("decisions", replay.moments());
    json.put("summary", replay.summaries());
    return json;
  }
}
