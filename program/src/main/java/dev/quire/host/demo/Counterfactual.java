package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import dev.quire.monitor.policy.Policy;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the guests of a host get done in the same time if each has its fixed part of the memory, and
 * if memory goes where it is used: one scenario, twice, on the instruction clock. There a page that
 * comes back from the swap file costs its guest a fixed time, so that waiting counts, and nothing
 * else does.
 *
 * @param fixed under the policy {@code static}
 * @param moving under {@code idle-tax}
 */
public record Counterfactual(Rehearsal fixed, Rehearsal moving) {
  private static final String FIXED = "static";
  private static final String MOVING = "idle-tax";

  /** Decisions are as frequent as a compressed scenario wants them. */
  private static final long PERIOD_NANOS = 200_000_000;

  private static final double NANOS = 1e9;
  private static final long TOLD_NANOS = 1_000_000_000;

  /**
   * Rehearses a scenario under both policies at the same time, on a thread each.
   *
   * @param nanos of machine time that it takes
   * @param progress is told now and then how far both are, in words; on any thread
   */
  static Counterfactual run(
      HostConfig config,
      Function<VmEntry, HostSession.Boot> boots,
      Scenario scenario,
      long nanos,
      Consumer<String> progress) {
    FutureTask<Rehearsal> fixed =
        new FutureTask<>(() -> rehearse(config, FIXED, boots, scenario, nanos, progress));
    Thread.ofPlatform().name(FIXED).daemon().start(fixed);
    Rehearsal moving = rehearse(config, MOVING, boots, scenario, nanos, progress);
    return new Counterfactual(await(fixed), moving);
  }

  private static Rehearsal rehearse(
      HostConfig config,
      String policy,
      Function<VmEntry, HostSession.Boot> boots,
      Scenario scenario,
      long nanos,
      Consumer<String> progress) {
    HostConfig counted = Rehearsal.counted(config, policy, PERIOD_NANOS);
    return Rehearsal.run(
        counted, boots, scenario, nanos, session -> follow(session, policy, nanos, progress));
  }

  private static void follow(
      HostSession session, String policy, long nanos, Consumer<String> progress) {
    double now = session.clock().now() / NANOS;
    progress.accept(
        String.format(Locale.ROOT, "%s: second %.0f of about %.0f", policy, now, nanos / NANOS));
    session.clock().schedule(TOLD_NANOS, () -> follow(session, policy, nanos, progress));
  }

  private static Rehearsal await(FutureTask<Rehearsal> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a scenario is rehearsed", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a scenario could not be rehearsed", e.getCause());
    }
  }

  /** Pages verified under idle-tax for each one under static. */
  public double ratio() {
    return (double) pages(moving) / pages(fixed);
  }

  /** Whether every byte was right, and no program was killed, in either. */
  public boolean isGood() {
    return fixed.played().isGood() && moving.played().isGood();
  }

  /** For people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        """
        The same scenario in %.1f s of virtual time, in which a page that was swapped out comes back \
        in 100 us:
        with memory in fixed parts (static) the guests verify %,d pages, with memory where it is \
        used (idle-tax) %,d: %.1f times as much.
        """,
        moving.played().nanos() / NANOS,
        pages(fixed),
        pages(moving),
        ratio());
  }

  private static long pages(Rehearsal rehearsal) {
    return rehearsal.played().work().verified() / Policy.PAGE;
  }

  /** For programs. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nanos", moving.played().nanos());
    json.put(FIXED, json(fixed));
    json.put(MOVING, json(moving));
    json.put("ratio", ratio());
    return json;
  }

  private static Map<String, Object> json(Rehearsal rehearsal) {
    Played played = rehearsal.played();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pagesVerified", pages(rehearsal));
    json.put("bytesWrong", played.work().wrong());
    json.put("oomKills", played.oomKills());
    json.put("moved", played.moved());
    return json;
  }
}
