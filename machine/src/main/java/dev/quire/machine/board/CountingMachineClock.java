package dev.quire.machine.board;

import java.util.ArrayList;
import java.util.List;

/**
 * A machine's time as a count of instructions, 1 instruction = 1 ns: everything happens on the
 * thread of {@link #run}, in an order that depends on nothing outside, so that a run of the whole
 * machine repeats exactly as long as what is posted comes from the run itself.
 *
 * <p>Time goes in quanta, from one full millisecond to the next. In each, every computer in order
 * of their start advances to the end of the quantum, each by its own {@link InstructionClock}. What
 * is posted runs between two quanta. An action that was scheduled runs exactly when it is due: the
 * quantum ends there. One that a computer schedules from within a quantum counts from the beginning
 * of that, where {@link #now} stands, and runs after it at the earliest. If all processors are
 * idle, time jumps to the quantum in which the next of their events or timers falls. A computer
 * that is held stands still while the others' time goes on.
 *
 * <p>If nothing can ever happen by itself, the clock waits for something to be posted.
 */
public final class CountingMachineClock extends MachineLoop {
  private static final long QUANTUM = 1_000_000;

  /** A computer that runs. */
  private static final class Computer {
    final InstructionClock clock;
    final Runnable ended;

    /** Machine time when its guest time was 0, later by the time for which it was held. */
    long offset;

    Computer(InstructionClock clock, Runnable ended, long offset) {
      this.clock = clock;
      this.ended = ended;
      this.offset = offset;
    }

    /** The machine time at which it next has something to do. */
    long nextActivity() {
      long next = clock.nextActivity();
      return next == Long.MAX_VALUE ? next : offset + next;
    }

    void advance(long end) {
      if (clock.isHeld()) {
        offset = end - clock.now();
      } else {
        clock.advance(end - offset);
      }
    }
  }

  private final List<Computer> running = new ArrayList<>();
  private volatile long now;

  @Override
  public Clock computer(PowerControl power, int weight) {
    checkWeight(weight);
    return new InstructionClock(power, mailbox());
  }

  @Override
  public void weigh(Clock computer, int weight) {
    checkWeight(weight);
  }

  private static void checkWeight(int weight) {
    if (weight < 1) {
      throw new IllegalArgumentException("weight: " + weight);
    }
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  void begin() {}

  @Override
  void launch(Clock clock, Runnable ended) {
    InstructionClock computer = (InstructionClock) clock;
    running.add(new Computer(computer, ended, now));
    if (stopping()) {
      computer.powerOff();
    }
  }

  @Override
  void pass(long due) throws InterruptedException {
    if (endOne()) {
      return;
    }
    long first = Long.MAX_VALUE;
    for (Computer computer : running) {
      first = Math.min(first, computer.nextActivity());
    }
    if (first == Long.MAX_VALUE && due == Long.MAX_VALUE) {
      mailbox().runNext(Long.MAX_VALUE);
      return;
    }
    long end = Math.min(due, endOfQuantum(Math.max(first, now)));
    now = Math.max(now, endOfQuantum(end - 1) - QUANTUM);
    for (Computer computer : running) {
      computer.advance(end);
    }
    now = end;
  }

  private static long endOfQuantum(long time) {
    return time > Long.MAX_VALUE - QUANTUM
        ? Long.MAX_VALUE
        : time - Math.floorMod(time, QUANTUM) + QUANTUM;
  }

  /** Tells the end of the first computer that has ended; false if none has. */
  private boolean endOne() {
    for (Computer computer : running) {
      if (computer.clock.hasEnded()) {
        running.remove(computer);
        computer.ended.run();
        return true;
      }
    }
    return false;
  }

  @Override
  void powerOff() {
    running.forEach(computer -> computer.clock.powerOff());
  }

  @Override
  boolean computersRun() {
    return !running.isEmpty();
  }
}
