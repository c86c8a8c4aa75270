package dev.quire.host.demo;

import java.util.List;

/**
 * What the guests of a host do, in rounds.
 *
 * @param unitMillis how long a unit of its times is
 * @param roundUnits after which it begins anew
 * @param preparation runs first, each command to its end
 */
record Scenario(long unitMillis, double roundUnits, List<Task> preparation, List<Step> steps) {
  private static final long NANOS_PER_MILLI = 1_000_000;

  Scenario {
    preparation = List.copyOf(preparation);
    steps = List.copyOf(steps);
  }

  /** The same with other units. */
  Scenario withUnit(long millis) {
    return new Scenario(millis, roundUnits, preparation, steps);
  }

  long nanos(double units) {
    return Math.round(units * unitMillis * NANOS_PER_MILLI);
  }
}
