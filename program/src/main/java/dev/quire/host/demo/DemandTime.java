package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostEvent;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How long a guest waits for memory that another holds and does not use, under a policy: one guest
 * fills memory and sleeps, then the other's program wants more than its equal part. Measured from
 * the start of that program to the end of its first pass over all its memory that is as fast as if
 * there were memory enough, give or take a factor 2. On the instruction clock.
 *
 * @param policy its name
 * @param satisfied whether there was such a pass
 * @param seconds of virtual time until then; if there was none, until it was given up
 * @param rehearsal the whole run
 */
public record DemandTime(String policy, boolean satisfied, double seconds, Rehearsal rehearsal) {
  private static final String HOST = "demand.toml";
  private static final long UNIT_MILLIS = 1000;

  /** The sleeper is known to be idle by then: a sample each period. */
  private static final double DEMAND = 6;

  private static final double END = 40;
  private static final double GIVEN_UP = 24;
  private static final double NANOS = 1e9;
  private static final String WORKER = "worker";
  private static final String WANTS = "worker wants 140 MiB";

  /** A pass over 140 MiB in memory takes 90 ms, and 100 us more for each page that is swapped. */
  private static final Scenario SCENARIO =
      new Scenario(
          UNIT_MILLIS,
          2 * END,
          List.of(),
          List.of(
              new Step(
                  0.1,
                  "sleeper writes 130 MiB and sleeps on them",
                  List.of(new Task("sleeper", "pattern 130 --passes 1 --pause {60}"))),
              new Step(
                  DEMAND,
                  WANTS,
                  List.of(
                      new Task(
                          WORKER, "pattern 140 --grow {0.5} --fast {0.18} --ms {24}", true)))));

  /** Measures it. */
  public static DemandTime of(String policy, Function<VmEntry, HostSession.Boot> boots) {
    HostConfig config = BuiltIn.host(HOST, Path.of(""));
    HostConfig counted = Rehearsal.counted(config, policy, config.manager().periodNanos());
    Rehearsal rehearsal =
        Rehearsal.run(counted, boots, SCENARIO, SCENARIO.nanos(END), session -> {});
    long from = nanos(rehearsal, event -> event.text().equals(WANTS));
    long to =
        nanos(rehearsal, event -> event.vm().equals(WORKER) && event.kind().equals(Play.KIND));
    double seconds = (to - from) / NANOS;
    return new DemandTime(policy, seconds < GIVEN_UP, seconds, rehearsal);
  }

  /** When the first such event was; without one, when all was over. */
  private static long nanos(Rehearsal rehearsal, Predicate<HostEvent> which) {
    return rehearsal.events().stream()
        .filter(which)
        .mapToLong(HostEvent::nanos)
        .findFirst()
        .orElse(SCENARIO.nanos(END));
  }
}
