package dev.quire.host.trial;

import dev.quire.host.EventEntry;
import dev.quire.host.HostConfig;
import dev.quire.host.HostSession;
import dev.quire.host.VmEntry;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Policies;
import dev.quire.run.DiskChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** The same scenario under several policies, one after the other. */
public final class PolicyTrials {
  private final HostConfig config;
  private final List<String> policies;

  /**
   * The trials of a host; a {@link UserError} if it does not repeat, if a run would change what the
   * next one finds, or if there is no such policy.
   *
   * @param policies their names
   */
  public PolicyTrials(HostConfig config, List<String> policies) {
    if (!config.machine().countsInstructions()) {
      throw new UserError(
          "Policies are compared on a host that repeats: write clock = \"instructions\" below"
              + " [machine].");
    }
    for (String policy : policies) {
      var _ = Policies.named(policy, config.manager().tax(), config.manager().alpha());
    }
    config.vms().forEach(PolicyTrials::checkDisks);
    List<VmEntry> vms = new ArrayList<>();
    for (VmEntry vm : config.vms()) {
      vms.add(vm.exec() == null ? vm : vm.withExec(TrialCommand.telling(vm.exec())));
    }
    List<EventEntry> events = new ArrayList<>();
    for (EventEntry event : config.events()) {
      events.add(new EventEntry(event.atNanos(), event.vm(), TrialCommand.telling(event.exec())));
    }
    this.config = new HostConfig(config.machine(), config.manager(), vms, events);
    this.policies = policies.stream().distinct().toList();
  }

  private static void checkDisks(VmEntry vm) {
    for (DiskChoice disk : vm.disks()) {
      if (disk.access() == DiskChoice.Access.READ_WRITE) {
        throw UserError.of(
            "The guest %s would change its disk %s, which the next run must find as it was: write"
                + " \"FILE,cow\" or \"FILE,ro\".",
            vm.name(), disk.file());
      }
    }
  }

  /** The host whose guests are run: that of the file, but that its commands tell more. */
  public HostConfig config() {
    return config;
  }

  /**
   * Runs all; a {@link UserError} if a run cannot be, or has no end.
   *
   * @param nanos machine time from the moment at which all guests are up
   * @param boots what each guest of {@link #config} starts from
   * @param progress is told sentences about how far it is
   */
  public List<Outcome> run(
      long nanos, Function<VmEntry, HostSession.Boot> boots, Consumer<String> progress) {
    List<Outcome> outcomes = new ArrayList<>();
    for (String policy : policies) {
      progress.accept(policy + ": the guests start ...");
      HostConfig under =
          new HostConfig(
              config.machine(), config.manager().withPolicy(policy), config.vms(), config.events());
      try (HostSession session = new HostSession(under, boots)) {
        outcomes.add(Trial.run(session, nanos, progress));
      }
    }
    return outcomes;
  }
}
