package dev.quire.host.trial;

import dev.quire.host.HostSession;
import dev.quire.host.HostedVm;
import dev.quire.host.VmState;
import dev.quire.machine.board.UserError;
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

  /** Machine time in which guests must have answered. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private static final double NANOS = 1e9;

  private final HostSession session;
  private final long nanos;
  private final Consumer<String> progress;
  private final Map<String, TrialCommand> answers = new HashMap<>();
  private long begun;
  private @Nullable List<Outcome.Guest> guests;

  private Trial(HostSession session, long nanos, Consumer<String> progress) {
    this.session = session;
    this.nanos = nanos;
    this.progress = progress;
  }

  /**
   * Runs it. A {@link UserError} if a guest fails, or if all end before its time is over.
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
    if (guests == null) {
      throw UserError.of(
          "All guests ended under %s before the time was over: choose a shorter one by --for, or"
              + " let them run.",
          policy());
    }
    List<Outcome.Guest> told = new ArrayList<>();
    for (Outcome.Guest guest : guests) {
      told.add(guest.with(answers.getOrDefault(guest.name(), TrialCommand.NONE)));
    }
    return new Outcome(policy(), told);
  }

  private void look() {
    if (session.vms().stream().anyMatch(vm -> vm.state() == VmState.STARTING)) {
      session.clock().schedule(LOOK_NANOS, this::look);
    } else {
      begun = session.clock().now();
      session.clock().schedule(nanos, this::finish);
      tell();
    }
  }

  private void tell() {
    if (guests == null) {
      double passed = (session.clock().now() - begun) / NANOS;
      progress.accept(
          String.format(Locale.ROOT, "%s: second %.0f of %.0f", policy(), passed, nanos / NANOS));
      session.clock().schedule(TOLD_NANOS, this::tell);
    }
  }

  /** Counts what was, and asks each guest what its commands have done. */
  private void finish() {
    guests = session.vms().stream().map(this::guest).toList();
    session.clock().schedule(PATIENCE_NANOS, session.clock()::stop);
    session.vms().forEach(this::ask);
  }

  private Outcome.Guest guest(HostedVm vm) {
    String name = vm.name();
    return Outcome.Guest.of(name, session.managed(name), session.traffic(name));
  }

  private void ask(HostedVm vm) {
    try {
      var _ =
          vm.agent()
              .submit(TrialCommand.QUESTION, new PrintedText(text -> answered(vm.name(), text)));
    } catch (UserError e) {
      answered(vm.name(), ""); // it does not run
    }
  }

  private void answered(String vm, String text) {
    answers.put(vm, TrialCommand.read(text));
    if (answers.size() == Objects.requireNonNull(guests).size()) {
      session.clock().stop();
    }
  }
}
