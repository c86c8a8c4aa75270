package dev.quire.compare;

import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One workload under several setups, in the order in which they ran. Costs are relative to the
 * native run; differences are named relative to the first one.
 */
public record Comparison(Workload workload, List<Outcome> outcomes, CostModel model) {
  public Comparison {
    outcomes = List.copyOf(outcomes);
  }

  /** For reading: a table, histograms, exits by reason, and whether all guests did the same. */
  public String text() {
    return ComparisonText.of(this);
  }

  /** For programs: an object for each run, to be written by {@link dev.quire.run.Json}. */
  public List<Map<String, @Nullable Object>> json() {
    return outcomes.stream().map(outcome -> ComparisonJson.of(this, outcome)).toList();
  }

  /** The run without virtualization, if there is one that came to its end. */
  private @Nullable Outcome baseline() {
    for (Outcome outcome : outcomes) {
      if (outcome.setup().paging() == PagingChoice.NATIVE && outcome.failure().isEmpty()) {
        return outcome;
      }
    }
    return null;
  }

  long cycles(Outcome outcome) {
    return model.cycles(outcome.counters());
  }

  /** Estimated cycles beyond the native run's, as a part of those; null if that was not run. */
  @Nullable Double overhead(Outcome outcome) {
    Outcome base = baseline();
    return base == null ? null : (double) cycles(outcome) / cycles(base) - 1;
  }

  /** Whether all guests did the same. */
  public boolean allSame() {
    return differences().isEmpty();
  }

  /** One sentence for each run that failed, or did not do what the first one did. */
  List<String> differences() {
    List<String> sentences = new ArrayList<>();
    Outcome first = outcomes.getFirst();
    for (Outcome outcome : outcomes) {
      String label = outcome.setup().label();
      if (!outcome.failure().isEmpty()) {
        sentences.add("FAILED: " + label + ": " + outcome.failure());
      } else if (first.failure().isEmpty() && !outcome.sameAs(first)) {
        sentences.add(difference(first, outcome));
      }
    }
    return sentences;
  }

  private static String difference(Outcome first, Outcome other) {
    String labels = "DIFFERENT: " + other.setup().label() + " from " + first.setup().label() + ": ";
    if (other.totalInstructions() != first.totalInstructions()) {
      return labels
          + "%,d instructions since power-on, not %,d."
              .formatted(other.totalInstructions(), first.totalInstructions());
    }
    if (other.counters().instructions() != first.counters().instructions()) {
      return labels
          + "%,d instructions of the workload, not %,d."
              .formatted(other.counters().instructions(), first.counters().instructions());
    }
    return labels
        + "what the guest printed (SHA-256 %s, not %s)."
            .formatted(other.consoleSha256(), first.consoleSha256());
  }
}
