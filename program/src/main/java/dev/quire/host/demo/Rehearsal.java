package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostEvent;
import dev.quire.host.HostSession;
import dev.quire.host.MachineConfig;
import dev.quire.host.ManagerConfig;
import dev.quire.host.VmEntry;
import dev.quire.monitor.sampling.Sampler;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A scenario on the instruction clock: time is the guests' work and waiting, not the host's, so
 * that the same rehearsal always comes out the same, and two that differ in the policy alone can be
 * compared.
 *
 * @param played what came of it; nothing if not all guests came up
 * @param events of the whole run
 */
public record Rehearsal(Played played, List<HostEvent> events) {
  public Rehearsal {
    events = List.copyOf(events);
  }

  /** That host under that policy, on the instruction clock; decisions and samples that often. */
  static HostConfig counted(HostConfig config, String policy, long periodNanos) {
    MachineConfig machine = config.machine();
    ManagerConfig manager = config.manager();
    return new HostConfig(
        new MachineConfig(machine.memory(), machine.harts(), true),
        new ManagerConfig(
            policy,
            manager.tax(),
            manager.alpha(),
            periodNanos,
            manager.swap(),
            sampling(manager, periodNanos),
            manager.sharing()),
        config.vms(),
        config.events());
  }

  /** As many decisions in a sample's period as on that host. */
  private static Sampler.Settings sampling(ManagerConfig manager, long periodNanos) {
    Sampler.Settings sampling = manager.sampling();
    double faster = (double) periodNanos / manager.periodNanos();
    return new Sampler.Settings(sampling.pages(), Math.round(sampling.periodNanos() * faster));
  }

  /**
   * Plays it to its end.
   *
   * @param watcher sees the session before it runs
   */
  static Rehearsal run(
      HostConfig config,
      Function<VmEntry, HostSession.Boot> boots,
      Scenario scenario,
      long nanos,
      Consumer<HostSession> watcher) {
    try (HostSession session = new HostSession(config, boots)) {
      Played[] played = {new Played(0, List.of())};
      var _ =
          new Play(
              session,
              scenario,
              nanos,
              outcome -> {
                played[0] = outcome;
                session.clock().stop();
              });
      watcher.accept(session);
      session.run();
      return new Rehearsal(played[0], session.events().since(0));
    }
  }
}
