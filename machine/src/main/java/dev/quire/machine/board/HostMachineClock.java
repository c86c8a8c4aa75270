package dev.quire.machine.board;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A machine's time as the host's. Each processor of each computer has a thread of its own, and at
 * most as many as there are harts run at once ({@link HartPool}).
 */
public final class HostMachineClock extends MachineLoop {
  private final HartPool harts;
  private final Stopwatch time = new Stopwatch();
  private final Set<HostClock> running = new LinkedHashSet<>();

  /** {@code harts} >= 1: how many processors may run at once. */
  public HostMachineClock(int harts) {
    this.harts = new HartPool(harts);
  }

  @Override
  public Clock computer(PowerControl power, int weight) {
    HostClock computer = new HostClock(power, harts.share(weight));
    computer.expectInput(true);
    return computer;
  }

  @Override
  public void weigh(Clock computer, int weight) {
    ((HostClock) computer).weigh(weight);
  }

  @Override
  public long now() {
    return time.now();
  }

  @Override
  void begin() {
    time.start();
  }

  @Override
  void pass(long due) throws InterruptedException {
    mailbox().runNext(due == Long.MAX_VALUE ? due : due - now());
  }

  @Override
  void launch(Clock clock, Runnable ended) {
    HostClock computer = (HostClock) clock;
    running.add(computer);
    if (stopping()) {
      computer.powerOff();
    }
    Thread.ofPlatform()
        .name("computer")
        .start(
            () -> {
              computer.runToEnd();
              post(() -> end(computer, ended));
            });
  }

  private void end(HostClock computer, Runnable ended) {
    running.remove(computer);
    ended.run();
  }

  @Override
  void powerOff() {
    running.forEach(HostClock::powerOff);
  }

  @Override
  boolean computersRun() {
    return !running.isEmpty();
  }
}
