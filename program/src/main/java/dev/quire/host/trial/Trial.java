package dev.quire.host.trial;

import dev.quire.host.HostSession;
import dev.quire.host.HostedVm;
import dev.quire.host.VmState;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.manager.ManagedVm;
import dev.quire.run.PrintedText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run of a host: until all guests are up, a given time longer, and until each has answered what
 * its commands have done. On the thread of the machine's clock.
 */
final class Trial {
  private static final long LOOK_NANOS = 100_000_000;

  /** Machine time between two words on how far it is. */
  private static final long TOLD_NANOS = 5_000_000_000L;

  /** Machine time in which guests must be up, and in which they must have answered. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private static final double NANOS = 1e9;

  private final HostSession session;
  private final long nanos;
  private final Consumer<String> progress;
  private final Map<String, TrialCommand> answers = new HashMap<>();

  /** Why nothing can be told of a guest: a sentence. */
  private @Nullable String trouble;

  private long begun;
  private @Nullable List<Outcome.Guest> guests;

  private Trial(HostSession session, long nanos, Consumer<String> progress) {
    this.session = session;
    this.nanos = nanos;
    this.progress = progress;
  }

  /**
   * Runs it. A {@link UserError} if a guest fails, does not come up, ends before the time is over,
   * or does not answer.
   *
   * @param nanos machine time from the moment at which all guests are up
   * @param progress is told sentences about how far it is
   */
  static Outcome run(HostSession session, long nanos, Consumer<String> progress) {
    Trial trial = new Trial(session, nanos, progress);
    session.clock().schedule(LOOK_NANOS, trial::look);
    session.run();
    return trial.outcome();
  }

  private String policy() {
    return session.config().manager().policy();
  }

  private Outcome outcome() {
    for (HostedVm vm : session.vms()) {
      if (vm.state() == VmState.FAILED) {
        throw UserError.of("The guest %s failed under %s: %s", vm.name(), policy(), vm.reason());
      }
    }
    if (guests == null && trouble == null) {
      throw UserError.of(
          "All guests ended under %s before the time was over: choose a shorter one by --for, or"
              + " let them run.",
          policy());
    }
    if (guests == null || trouble != null) {
      throw new UserError(String.valueOf(trouble));
    }
    return new Outcome(
        policy(),
        guests.stream()
            .map(guest -> guest.with(Objects.requireNonNull(answers.get(guest.name()))))
            .toList());
  }

  /** Ends it: nothing can be told of a guest. */
  private void lose(HostedVm vm, String what) {
    trouble = "The guest %s %s under %s.".formatted(vm.name(), what, policy());
    session.clock().stop();
  }

  private void look() {
    List<HostedVm> starting = session.vms().stream().filter(Trial::starts).toList();
    if (starting.isEmpty()) {
      begin();
    } else if (session.clock().now() > PATIENCE_NANOS) {
      lose(starting.getFirst(), "did not take commands after a minute");
    } else {
      session.clock().schedule(LOOK_NANOS, this::look);
    }
  }

  private void begin() {
    begun = session.clock().now();
    session.clock().schedule(nanos, this::finish);
    tell();
  }

  private void tell() {
    if (guests == null) {
      double passed = (session.clock().now() - begun) / NANOS;
      progress.accept(
          String.format(Locale.ROOT, "%s: second %.0f of %.0f", policy(), passed, nanos / NANOS));
      session.clock().schedule(TOLD_NANOS, this::tell);
    }
  }

  /** It boots, though it may stand still. */
  private static boolean starts(HostedVm vm) {
    return vm.state() == VmState.QUEUED || vm.state().exists() && !vm.agent().ready();
  }

  /** Counts what was, and asks each guest what its commands have done. */
  private void finish() {
    List<Outcome.Guest> counted = new ArrayList<>();
    for (HostedVm vm : session.vms()) {
      ManagedVm managed = session.managed(vm.name());
      if (managed == null) {
        lose(vm, "ended before the time was over");
      } else {
        counted.add(Outcome.Guest.of(vm.name(), managed, session.traffic(vm.name())));
      }
    }
    guests = counted;
    if (trouble == null) {
      session.vms().forEach(this::ask);
      session.clock().schedule(PATIENCE_NANOS, this::giveUp);
    }
  }

  private void giveUp() {
    for (HostedVm vm : session.vms()) {
      if (!answers.containsKey(vm.name())) {
        lose(vm, "did not say in a minute what its commands have done");
      }
    }
  }

  private void ask(HostedVm vm) {
    try {
      var _ =
          vm.agent()
              .submit(TrialCommand.QUESTION, new PrintedText(text -> answered(vm.name(), text)));
    } catch (UserError e) {
      lose(vm, "ended when it was asked what its commands have done");
    }
  }

  private void answered(String vm, String text) {
    answers.put(vm, TrialCommand.read(text));
    if (answers.size() == Objects.requireNonNull(guests).size()) {
      session.clock().stop();
    }
  }
}
