package dev.quire.monitor.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lines of cells that stand below each other. A column's name, and its numbers, are to the right if
 * the name begins with a '>'.
 */
final class TextTable {
  private static final String GAP = "  ";

  private final List<String> names;
  private final List<List<String>> lines = new ArrayList<>();

  TextTable(String... names) {
    this.names = List.of(names);
    lines.add(this.names.stream().map(name -> name.replace(">", "")).toList());
  }

  void line(Object... cells) {
    lines.add(Arrays.stream(cells).map(Object::toString).toList());
  }

  /** A line that is not of cells. */
  void note(String text) {
    lines.add(List.of(text));
  }

  void appendTo(StringBuilder text) {
    int[] widths = new int[names.size()];
    for (List<String> line : lines) {
      for (int i = 0; line.size() > 1 && i < line.size(); i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < line.size(); i++) {
        pad(row, line.get(i), line.size() > 1 ? widths[i] : 0, names.get(i).startsWith(">"));
      }
      text.append(row.toString().stripTrailing()).append('\n');
    }
  }

  private static void pad(StringBuilder row, String cell, int width, boolean right) {
    int space = Math.max(0, width - cell.length());
    row.append(GAP);
    if (right) {
      row.repeat(' ', space).append(cell);
    } else {
      row.append(cell).repeat(' ', space);
    }
  }
}
