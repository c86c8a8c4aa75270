package dev.quire.host.demo;

import dev.quire.host.HostSession;
import dev.quire.host.VmState;
import dev.quire.machine.board.UserError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Plays a scenario on a host: waits until all guests are up, has them do what each step says, round
 * after round, and at the end asks each what came of it. On the thread of the machine's clock.
 */
final class Play {
  /** The kind of event that tells what the scenario does. */
  static final String KIND = "scenario";

  private static final long LOOK_NANOS = 100_000_000;

  /** From one question how far programs are to the next. */
  private static final long ASK_NANOS = 2_000_000_000;

  /** Machine time in which guests must have told what came of it. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final HostSession session;
  private final Scenario scenario;
  private final long nanos;
  private final Consumer<Played> ended;
  private final List<Part> parts = new ArrayList<>();
  private final Set<Part> finished = new HashSet<>();
  private long begun = -1;
  private long over = -1;
  private int tasks;
  private boolean told;

  /**
   * Waits for the guests from now on; before the session runs.
   *
   * @param nanos machine time after which it ends, from the moment at which all guests are up;
   *     {@link Long#MAX_VALUE} if it goes on until {@link #finish}
   * @param ended is told what came of it, once
   */
  Play(HostSession session, Scenario scenario, long nanos, Consumer<Played> ended) {
    this.session = session;
    this.scenario = scenario;
    this.nanos = nanos;
    this.ended = ended;
    session.vms().forEach(vm -> parts.add(new Part(session, vm)));
    session.clock().schedule(LOOK_NANOS, this::look);
  }

  private void look() {
    if (session.vms().stream().anyMatch(vm -> vm.state() == VmState.STARTING)) {
      session.clock().schedule(LOOK_NANOS, this::look);
    } else {
      begin();
    }
  }

  private void begin() {
    begun = session.clock().now();
    parts.forEach(Part::begin);
    scenario.preparation().forEach(task -> attempt(() -> part(task).prepare(task)));
    round();
    session.clock().schedule(ASK_NANOS, this::ask);
    if (nanos < Long.MAX_VALUE) {
      session.clock().schedule(nanos, this::finish);
    }
  }

  private Part part(Task task) {
    return parts.stream().filter(part -> part.name().equals(task.vm())).findFirst().orElseThrow();
  }

  /** A guest that a user has stopped takes no part. */
  private void attempt(Runnable action) {
    try {
      action.run();
    } catch (UserError e) {
      session.tell("", KIND, String.valueOf(e.getMessage()));
    }
  }

  private void round() {
    for (Step step : scenario.steps()) {
      session.clock().schedule(scenario.nanos(step.at()), () -> play(step));
    }
    session.clock().schedule(scenario.nanos(scenario.roundUnits()), this::round);
  }

  private void play(Step step) {
    if (over < 0) {
      session.tell("", KIND, step.sentence());
      for (Task task : step.tasks()) {
        attempt(() -> part(task).start(task, scenario.unitMillis(), ++tasks));
      }
    }
  }

  private void ask() {
    if (over < 0) {
      parts.forEach(part -> attempt(part::ask));
      session.clock().schedule(ASK_NANOS, this::ask);
    }
  }

  // ---- the end -------------------------------------------------------------------------------

  /** Ends it now, if it has begun and not ended. */
  void finish() {
    if (begun >= 0 && over < 0) {
      over = session.clock().now();
      session.tell("", KIND, "the end: every program stops and tells what it verified");
      session.clock().schedule(PATIENCE_NANOS, this::tell);
      parts.forEach(part -> part.finish(() -> done(part)));
    }
  }

  private void done(Part part) {
    if (finished.add(part) && finished.size() == parts.size()) {
      tell();
    }
  }

  private void tell() {
    if (!told) {
      told = true;
      ended.accept(played());
    }
  }

  /** Whether all guests have come up. */
  boolean begun() {
    return begun >= 0;
  }

  /** What has come of it so far. */
  Played played() {
    long until = over < 0 ? session.clock().now() : over;
    List<Played.Guest> guests = parts.stream().map(Part::played).toList();
    return new Played(begun < 0 ? 0 : until - begun, guests);
  }
}
