package dev.quire.host;

import dev.quire.run.Signals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ends a running host because somebody wants it to: in order when asked first, at once when asked
 * again. The signals INT (Ctrl-C), TERM and HUP ask, until it is closed. Any thread.
 */
public final class HostEnding implements AutoCloseable {
  private static final int OF_A_SIGNAL = 128;
  private static final int HUP = 1;
  private static final int INT = 2;
  private static final int TERM = 15;

  private final HostSession session;
  private final List<Runnable> undoes;
  private boolean asked;
  private int status;

  /** The host when the end began. */
  private volatile @Nullable HostReport report;

  /** Listens for signals that are to end that session. */
  public HostEnding(HostSession session) {
    this.session = session;
    undoes =
        List.of(
            Signals.handle("INT", this::interrupt),
            Signals.handle("TERM", () -> end(OF_A_SIGNAL + TERM)),
            Signals.handle("HUP", () -> end(OF_A_SIGNAL + HUP)));
  }

  /** As Ctrl-C does. */
  public void interrupt() {
    end(OF_A_SIGNAL + INT);
  }

  /**
   * Has all guests power off and the host end, with that exit status; if that was asked for before,
   * cuts the guests' power now.
   */
  public void end(int exitStatus) {
    if (isFirst(exitStatus)) {
      session.clock().post(this::begin);
    } else {
      session.cut();
    }
  }

  private void begin() {
    report = HostReport.of(session);
    session.stop();
  }

  private synchronized boolean isFirst(int exitStatus) {
    boolean first = !asked;
    if (first) {
      asked = true;
      status = exitStatus;
    }
    return first;
  }

  /** Whether somebody has asked. */
  public synchronized boolean asked() {
    return asked;
  }

  /** The exit status that was asked for first; 0 if the host ends by itself. */
  public synchronized int status() {
    return status;
  }

  /** Where all memory was when the end began; of a host that ended by itself, where it is now. */
  public HostReport report() {
    HostReport then = report;
    return then == null ? HostReport.of(session) : then;
  }

  @Override
  public void close() {
    undoes.forEach(Runnable::run);
  }
}
