package dev.quire.analyze;

import java.util.Arrays;

/**
 * Values over time for a chart, of bounded size: when there are too many rows, each two become
 * their mean, and so do all later ones.
 */
final class TimeSeries {
  /** An even number. */
  static final int MOST_ROWS = 1000;

  private final double[][] columns;
  private final double[] sum;
  private int rows;
  private int perRow = 1;
  private int summed;

  TimeSeries(int columns) {
    this.columns = new double[columns][MOST_ROWS];
    sum = new double[columns];
  }

  /** One value for each column. */
  void add(double... values) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
    summed++;
    if (summed == perRow) {
      if (rows == MOST_ROWS) {
        halve();
        return;
      }
      addRow();
    }
  }

  /** Half as many rows; what is summed up is then half of one. */
  private void halve() {
    for (double[] column : columns) {
      for (int row = 0; row < rows / 2; row++) {
        column[row] = (column[2 * row] + column[2 * row + 1]) / 2;
      }
    }
    rows /= 2;
    perRow *= 2;
  }

  private void addRow() {
    for (int i = 0; i < sum.length; i++) {
      columns[i][rows] = sum[i] / perRow;
      sum[i] = 0;
    }
    rows++;
    summed = 0;
  }

  /** The rows of a column; what does not fill a row yet is missing. */
  double[] column(int column) {
    return Arrays.copyOf(columns[column], rows);
  }
}
