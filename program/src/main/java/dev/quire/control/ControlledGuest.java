package dev.quire.control;

import dev.quire.machine.board.UserError;
import dev.quire.run.GuestRun;
import org.jspecify.annotations.Nullable;

/**
 * The guest that commands act on, whichever virtual machine it has just now: a restart makes a new
 * one. Any thread; one command at a time, and none while a machine begins or ends.
 */
public final class ControlledGuest {
  private @Nullable GuestRun present;

  /** A time in which commands act on a machine; it ends when no command does any more. */
  public interface Presence extends AutoCloseable {
    @Override
    void close();
  }

  /** Commands act on {@code run} from now on. */
  public Presence has(GuestRun run) {
    set(run);
    return () -> set(null);
  }

  private synchronized void set(@Nullable GuestRun run) {
    present = run;
  }

  synchronized Reply answer(ControlCommand<ControlCommands.Guest> command, Arguments arguments) {
    GuestRun run = present;
    if (run == null) {
      throw new UserError("The guest is being started, or has ended: try again.");
    }
    return command.handler().reply(new ControlCommands.Guest(run.vm(), run::reportNow), arguments);
  }
}
