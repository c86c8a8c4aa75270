package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

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

  /** The sleeper is known to be idle by then: eight looks, one each period. */
  private static final double DEMAND = 6;

  private static final double END = 36;
  private static final double MILLIS = 1000;

  /** A pass over 120 MiB in memory takes 77 ms, and 150 more if 1,500 of its pages are swapped. */
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
                  "worker wants 120 MiB",
                  List.of(new Task("worker", "pattern 120 --grow {0.5} --fast {0.15}")))));

  /** Measures it. */
  public static DemandTime of(String policy, Function<VmEntry, HostSession.Boot> boots) {
    HostConfig config = BuiltIn.host(HOST, Path.of(""));
    HostConfig counted = Rehearsal.counted(config, policy, config.manager().periodNanos());
    Rehearsal rehearsal =
        Rehearsal.run(counted, boots, SCENARIO, SCENARIO.nanos(END), session -> {});
    Played.Guest worker = rehearsal.played().guests().getLast();
    double seconds = worker.work().millis() / MILLIS;
    boolean ended = worker.work().summaries() == 1 && seconds < END - DEMAND - 1;
    return new DemandTime(policy, ended, seconds, rehearsal);
  }
}
