package dev.quire.monitor.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes a {@link TableReport} for reading. Of many ranges the largest are shown, in their order,
 * and those between them are counted.
 */
final class TableText {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  private final StringBuilder text = new StringBuilder();

  private TableText() {}

  static String of(TableReport report) {
    TableText writer = new TableText();
    writer.write(report);
    return writer.text.toString();
  }

  private void write(TableReport report) {
    line("CPU %d, %s".formatted(report.cpu(), report.paging()));
    for (TableTree tree : report.trees()) {
      text.append('\n');
      head(tree);
      ranges(tree, report.limit());
    }
    text.append('\n');
    line(
        "Superpages of the guest that the MMU finds in smaller pieces: "
            + report.splitSuperpages());
    if (!report.method().isEmpty()) {
      line("The method holds: " + pairs(report.method()));
    }
  }

  private static String pairs(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getKey() + " " + number(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void head(TableTree tree) {
    line(
        "%s: %s in %s ranges"
            .formatted(tree.format(), size(tree.mapped()), number(tree.ranges().size())));
    if (!tree.tablePages().isEmpty()) {
      line("  pages of the table: " + byLevel(tree.tablePages()));
      line("  leaves: " + byLevel(tree.leaves()));
    }
    if (tree.refused() > 0) {
      line("  entries with V=1 that the MMU refuses: " + number(tree.refused()));
    }
    if (!tree.complete()) {
      line("  The table is larger than this, or leads back to itself: the rest is left out.");
    }
  }

  private static String byLevel(List<Long> counts) {
    StringBuilder levels = new StringBuilder();
    for (int level = counts.size() - 1; level >= 0; level--) {
      levels.append("level ").append(level).append(": ").append(number(counts.get(level)));
      levels.append(level == 0 ? "" : ", ");
    }
    return levels.toString();
  }

  private void ranges(TableTree tree, int limit) {
    if (tree.ranges().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable(
            tree.from().word() + " from",
            "to",
            tree.to().word() + " from",
            ">size",
            "",
            "pages of");
    Set<MappedRange> shown = largest(tree.ranges(), limit);
    List<MappedRange> skipped = new ArrayList<>();
    for (MappedRange range : tree.ranges()) {
      if (shown.contains(range)) {
        noteSkipped(table, skipped);
        table.line(
            AddressKind.hex(range.from()),
            AddressKind.hex(range.last()),
            AddressKind.hex(range.to()),
            size(range.length()),
            range.permissions(),
            EntryText.size(range.pageShift()));
      } else {
        skipped.add(range);
      }
    }
    noteSkipped(table, skipped);
    table.appendTo(text);
  }

  private static Set<MappedRange> largest(List<MappedRange> ranges, int limit) {
    return new HashSet<>(
        ranges.stream()
            .sorted(Comparator.comparingLong(MappedRange::length).reversed())
            .limit(limit)
            .toList());
  }

  private static void noteSkipped(TextTable table, List<MappedRange> skipped) {
    if (!skipped.isEmpty()) {
      long bytes = skipped.stream().mapToLong(MappedRange::length).sum();
      table.note(
          "... %s smaller range%s, %s"
              .formatted(number(skipped.size()), skipped.size() == 1 ? "" : "s", size(bytes)));
      skipped.clear();
    }
  }

  private static String size(long bytes) {
    return bytes % MIB == 0 ? number(bytes / MIB) + " MiB" : number(bytes / KIB) + " KiB";
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
