package dev.quire.machine.board;

/** What is the same in both machine clocks: the loop of the management. */
abstract sealed class MachineLoop implements MachineClock
    permits HostMachineClock, CountingMachineClock {
  private final EventQueue actions = new EventQueue();
  private final Mailbox mailbox = new Mailbox(() -> {});
  private boolean stopping;

  final Mailbox mailbox() {
    return mailbox;
  }

  /** Whether {@link #stop} has been served; on the loop's thread. */
  final boolean stopping() {
    return stopping;
  }

  // ---- for the two kinds: on the loop's thread ---------------------------------------------

  /** Time begins. */
  abstract void begin();

  /** Lets time pass until it is {@code due}, or something happens that may bring new actions. */
  abstract void pass(long due) throws InterruptedException;

  /** Starts a computer; it ends at once if {@link #stopping}. */
  abstract void launch(Clock computer, Runnable ended);

  /** Asks all computers that run to power off. */
  abstract void powerOff();

  /** Whether a computer was started whose end has not been told yet. */
  abstract boolean computersRun();

  // ---- MachineClock ------------------------------------------------------------------------

  @Override
  public final void start(Clock computer, Runnable ended) {
    mailbox.post(() -> launch(computer, ended));
  }

  @Override
  public final void post(Runnable action) {
    mailbox.post(action);
  }

  @Override
  public final void call(Runnable action) {
    mailbox.call(action);
  }

  @Override
  public final void schedule(long delayNanos, Runnable action) {
    long due = now() + Math.min(delayNanos, Long.MAX_VALUE / 2);
    mailbox.post(() -> actions.add(due, action));
  }

  @Override
  public final void stop() {
    mailbox.post(this::end);
  }

  private void end() {
    stopping = true;
    powerOff();
  }

  @Override
  public final void run() {
    mailbox.open();
    begin();
    Throwable thrown = null;
    boolean interrupted = false;
    while (!stopping || computersRun() || !mailbox.isEmpty()) {
      try {
        round();
      } catch (InterruptedException e) {
        interrupted = true;
        end();
      } catch (RuntimeException | Error e) {
        thrown = thrown == null ? e : thrown;
        end();
      }
    }
    mailbox.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Thrown.again(thrown);
  }

  private void round() throws InterruptedException {
    mailbox.runAll();
    Runnable action = stopping ? null : actions.poll(now());
    if (action != null) {
      action.run();
    } else if (!stopping || computersRun()) {
      pass(stopping ? Long.MAX_VALUE : actions.nextDue());
    }
  }
}
