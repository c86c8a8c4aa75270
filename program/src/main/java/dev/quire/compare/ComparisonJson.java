package dev.quire.compare;

import dev.quire.monitor.Walks;
import dev.quire.monitor.vcpu.Exits;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The outcomes of comparisons as JSON objects. */
final class ComparisonJson {
  private ComparisonJson() {}

  /** One run; {@code overhead} is null where there is no native run. */
  static Map<String, @Nullable Object> of(Comparison comparison, Outcome outcome) {
    Setup setup = outcome.setup();
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("workload", comparison.workload().word());
    json.put("paging", setup.paging().paging());
    json.put("variant", setup.paging().variant());
    if (!setup.caches().isEmpty()) {
      json.put("caches", setup.caches());
    }
    json.put("instructions", outcome.counters().instructions());
    json.put("totalInstructions", outcome.totalInstructions());
    json.put("consoleSha256", outcome.consoleSha256());
    json.put("walks", walks(outcome.counters().walks()));
    json.put("exits", exits(outcome));
    json.put("tables", outcome.counters().tables());
    json.put("seconds", outcome.counters().seconds());
    json.put("estimatedCycles", comparison.cycles(outcome));
    json.put("overhead", comparison.overhead(outcome));
    if (!outcome.failure().isEmpty()) {
      json.put("failure", outcome.failure());
    }
    return json;
  }

  private static Map<String, Object> walks(Walks walks) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("count", walks.count());
    json.put("references", walks.references());
    json.put("mean", walks.count() == 0 ? 0.0 : (double) walks.references() / walks.count());
    json.put("histogram", walks.histogram());
    json.put("l2Hits", walks.l2Hits());
    return json;
  }

  private static Map<String, Object> exits(Outcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (Map.Entry<Exits.Reason, Long> exit : outcome.counters().exits().entrySet()) {
      if (exit.getKey() != Exits.Reason.BUDGET) {
        json.put(exit.getKey().key(), exit.getValue());
      }
    }
    json.put("total", outcome.counters().causedExits());
    return json;
  }
}
