package dev.quire.host;

import dev.quire.monitor.policy.Policy;
import dev.quire.monitor.policy.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a policy would have decided at each moment of a recorded run, beside what was decided. It is
 * open-loop: the recorded guests never felt these decisions, so each line stands for itself.
 *
 * @param policy that decides now
 * @param moments in the order of the recording
 */
public record Replay(Policy policy, List<Moment> moments) {
  /** A recorded moment with the decisions of then and now, for the same VMs in the same order. */
  public record Moment(long nanos, List<Target> then, List<Target> now) {}

  /**
   * One VM over all moments in which it ran. Bytes; differences are now less then.
   *
   * @param largestNanos when the difference was largest in size, for the first time
   */
  public record Summary(
      String vm,
      double meanThen,
      double meanNow,
      double meanDifference,
      long largestDifference,
      long largestNanos) {}

  /** A decision for one VM, then and now. */
  private record Pair(long nanos, Target then, Target now) {
    long difference() {
      return now.bytes() - then.bytes();
    }
  }

  /** Decides again for each entry of {@code log}. */
  public static Replay of(SnapshotLog log, Policy policy) {
    List<Moment> moments = new ArrayList<>();
    for (SnapshotLog.Entry entry : log.entries()) {
      List<Target> now = policy.decide(entry.snapshot());
      moments.add(new Moment(entry.snapshot().nanos(), entry.targets(), now));
    }
    return new Replay(policy, moments);
  }

  /** The names of all VMs, in the order in which they appeared. */
  public List<String> vms() {
    return List.copyOf(pairs().keySet());
  }

  /** One for each of {@link #vms()}. */
  public List<Summary> summaries() {
    List<Summary> summaries = new ArrayList<>();
    pairs().forEach((vm, pairs) -> summaries.add(summary(vm, pairs)));
    return summaries;
  }

  private Map<String, List<Pair>> pairs() {
    Map<String, List<Pair>> pairs = new LinkedHashMap<>();
    for (Moment moment : moments) {
      for (int i = 0; i < moment.then.size(); i++) {
        Target then = moment.then.get(i);
        pairs
            .computeIfAbsent(then.vm(), _ -> new ArrayList<>())
            .add(new Pair(moment.nanos, then, moment.now.get(i)));
      }
    }
    return pairs;
  }

  private static Summary summary(String vm, List<Pair> pairs) {
    Pair largest = pairs.getFirst();
    for (Pair pair : pairs) {
      if (Math.abs(pair.difference()) > Math.abs(largest.difference())) {
        largest = pair;
      }
    }
    return new Summary(
        vm,
        mean(pairs, pair -> pair.then.bytes()),
        mean(pairs, pair -> pair.now.bytes()),
        mean(pairs, Pair::difference),
        largest.difference(),
        largest.nanos);
  }

  private static double mean(List<Pair> pairs, ToLongFunction<Pair> bytes) {
    return pairs.stream().mapToLong(bytes).average().orElseThrow();
  }
}
