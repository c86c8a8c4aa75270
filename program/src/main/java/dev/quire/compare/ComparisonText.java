package dev.quire.compare;

import dev.quire.monitor.vcpu.Exits;
import dev.quire.run.Counters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A comparison for reading: what was counted as one table, and what lies behind it as lists. */
final class ComparisonText {
  private static final List<String> HEADS =
      List.of(
          "",
          "instructions",
          "walks",
          "refs/walk",
          "reflected",
          "exits",
          "frames",
          "seconds",
          "est. cycles",
          "overhead");

  private final Comparison comparison;
  private final StringBuilder text = new StringBuilder();

  private ComparisonText(Comparison comparison) {
    this.comparison = comparison;
  }

  static String of(Comparison comparison) {
    return new ComparisonText(comparison).write();
  }

  private String write() {
    Workload workload = comparison.workload();
    line(workload.word() + ": " + workload.title());
    line(
        workload == Workload.BOOT
            ? "Counted: the whole run."
            : "Counted: the command alone, from the request to the guest's agent to its end.");
    table();
    list("Walks by references", ComparisonText::histogram);
    list("Exits by reason", ComparisonText::exits);
    list("Tables at the end", ComparisonText::tables);
    List<String> differences = comparison.differences();
    if (differences.isEmpty()) {
      Outcome first = comparison.outcomes().getFirst();
      line(
          "Same in all runs: %s instructions since power-on, and the printed bytes (SHA-256 %s)."
              .formatted(number(first.totalInstructions()), first.consoleSha256()));
    }
    differences.forEach(this::line);
    return text.append('\n').toString();
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void table() {
    List<List<String>> rows = new ArrayList<>(List.of(HEADS));
    for (Outcome outcome : comparison.outcomes()) {
      rows.add(row(outcome));
    }
    int[] widths = new int[HEADS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(left(row.getFirst(), widths[0]));
      for (int i = 1; i < widths.length; i++) {
        String cell = row.get(i);
        line.append(" ".repeat(2 + widths[i] - cell.length())).append(cell);
      }
      line(line.toString());
    }
  }

  private List<String> row(Outcome outcome) {
    Counters counted = outcome.counters();
    long walks = counted.walks().count();
    double perWalk = walks == 0 ? 0 : (double) counted.walks().references() / walks;
    return List.of(
        outcome.setup().label(),
        number(counted.instructions()),
        number(walks),
        String.format(Locale.ROOT, "%.2f", perWalk),
        number(counted.exits().getOrDefault(Exits.Reason.REFLECTED, 0L)),
        number(counted.causedExits()),
        number(counted.tables().getOrDefault("frames", 0L)),
        String.format(Locale.ROOT, "%.2f", counted.seconds()),
        number(comparison.cycles(outcome)),
        percent(comparison.overhead(outcome)));
  }

  private static String percent(@Nullable Double overhead) {
    return overhead == null ? "-" : String.format(Locale.ROOT, "%+.1f%%", 100 * overhead);
  }

  /** A line for each run. */
  private void list(String title, java.util.function.Function<Counters, String> entry) {
    line(title + ":");
    int width = 0;
    for (Outcome outcome : comparison.outcomes()) {
      width = Math.max(width, outcome.setup().label().length());
    }
    for (Outcome outcome : comparison.outcomes()) {
      line("  " + left(outcome.setup().label(), width) + "  " + entry.apply(outcome.counters()));
    }
  }

  private static String histogram(Counters counters) {
    StringBuilder entries = new StringBuilder();
    counters.walks().histogram().forEach((length, walks) -> add(entries, length + ":", walks));
    return entries.isEmpty() ? "none" : entries.toString();
  }

  private static String exits(Counters counters) {
    StringBuilder entries = new StringBuilder();
    for (Map.Entry<Exits.Reason, Long> exit : counters.exits().entrySet()) {
      if (exit.getKey() != Exits.Reason.BUDGET && exit.getValue() != 0) {
        add(entries, exit.getKey().key(), exit.getValue());
      }
    }
    if (entries.isEmpty()) {
      return "none";
    }
    double perSecond = counters.causedExits() / counters.seconds();
    return entries.append(String.format(Locale.ROOT, " (%,.0f a second)", perSecond)).toString();
  }

  private static String tables(Counters counters) {
    StringBuilder entries = new StringBuilder();
    counters.tables().forEach((name, count) -> add(entries, name, count));
    return entries.toString();
  }

  private static void add(StringBuilder entries, String name, long count) {
    entries.append(entries.isEmpty() ? "" : ", ").append(name).append(' ').append(number(count));
  }

  private static String left(String cell, int width) {
    return cell + " ".repeat(width - cell.length());
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
