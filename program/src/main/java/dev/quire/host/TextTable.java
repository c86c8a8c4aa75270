package dev.quire.host;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A table as text: words to the left, numbers to the right. A column of empty cells is left out.
 */
public final class TextTable {
  /** Narrow columns have this width, so that a table that is shown again stays as wide. */
  private static final int LEAST_WIDTH = 5;

  private final List<List<String>> rows = new ArrayList<>();
  private final List<Integer> widths;

  public TextTable(List<String> heading) {
    widths = new ArrayList<>(Collections.nCopies(heading.size(), LEAST_WIDTH));
    add(heading);
  }

  /** One row, with as many cells as the heading. */
  public void row(String... cells) {
    add(List.of(cells));
  }

  private void add(List<String> row) {
    for (int i = 0; i < row.size(); i++) {
      widths.set(i, Math.max(widths.get(i), row.get(i).length()));
    }
    rows.add(row);
  }

  /** Whole lines. */
  public String text() {
    int[] columns = IntStream.range(0, widths.size()).filter(i -> !isEmpty(i)).toArray();
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i : columns) {
        String space = " ".repeat(widths.get(i) - row.get(i).length());
        line.append(i == 0 ? "" : " ");
        line.append(isNumber(i) ? space + row.get(i) : row.get(i) + space);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private boolean isEmpty(int column) {
    return rows.size() > 1 && rows.stream().skip(1).allMatch(row -> row.get(column).isEmpty());
  }

  /** Whether the column holds numbers: below the heading there are no letters. */
  private boolean isNumber(int column) {
    return rows.stream()
        .skip(1)
        .allMatch(row -> row.get(column).chars().noneMatch(Character::isLetter));
  }
}
