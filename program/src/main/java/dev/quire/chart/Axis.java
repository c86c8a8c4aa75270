package dev.quire.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis of a chart, from 0 to a round number that is not less than any value.
 *
 * @param label what it shows
 * @param unit of its numbers
 */
public record Axis(String label, Unit unit) {
  private static final int MOST_TICKS = 8;

  /** Round numbers from 0 to the first that is {@code greatest} or more; at least two. */
  List<Double> ticks(double greatest) {
    double range = greatest > 0 ? greatest : 1;
    double step = unit.round(range / MOST_TICKS);
    List<Double> ticks = new ArrayList<>(List.of(0.0));
    while (ticks.getLast() < range * (1 - 1e-9)) {
      ticks.add(ticks.size() * step);
    }
    return ticks;
  }
}
