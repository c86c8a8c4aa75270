package dev.quire.monitor.vcpu;

import dev.quire.machine.board.Clock;
import dev.quire.machine.board.Processor;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.lang.invoke.VarHandle;

/**
 * A guest's CPU, and the hart that it has for itself: what is the same whether it is virtualized
 * ({@link Vcpu}) or not ({@link NativeCpu}). It starts, stops and waits as the SBI's hart state
 * management says, and its clock drives it.
 */
public abstract sealed class GuestCpu implements GuestHart, Processor permits Vcpu, NativeCpu {
  private static final int A0 = 10;

  /** So often in a row no guest with a use for it traps. */
  private static final int MANY_ATTEMPTS = 1000;

  /** By how many nanoseconds a CPU can at most be ahead of its computer: far more than a slice. */
  private static final long MOST_AHEAD = 1_000_000_000;

  /** After which a CPU that waits for frames looks whether there are any, told or not. */
  private static final long AGAIN_NANOS = 100_000_000;

  private final int id;
  private final Hart hart;
  private final VcpuTime time;
  private final Clock clock;
  private final Exits exits = new Exits();

  private volatile State state = State.STOPPED;
  private volatile boolean kicked;
  private boolean waiting;

  /** Whether it can do nothing until the machine has free frames, or its pages are here. */
  private volatile boolean waitsForFrames;

  private volatile boolean waitsForPages;

  private boolean resumesAtStart;

  /** Exits and traps since an instruction was last completed. */
  private long barrenAttempts;

  private long startAddress;
  private long startOpaque;

  /** Stopped, on a hart fresh from reset whose timebase is {@code time}. */
  GuestCpu(int id, Hart hart, VcpuTime time, Clock clock) {
    this.id = id;
    this.hart = hart;
    this.time = time;
    this.clock = clock;
    time.countBy(hart::completed);
  }

  @Override
  public final int id() {
    return id;
  }

  @Override
  public final Hart hart() {
    return hart;
  }

  public final Exits exits() {
    return exits;
  }

  /** The guest's own satp, whatever the MMU walks instead. On the CPU's thread. */
  public abstract long satp();

  // ---- for the two kinds -------------------------------------------------------------------

  /** Enters the kernel's mode at a gpa, as after a reset, with a0 = id and a1 = opaque. */
  abstract void enterKernel(long address, long opaque);

  /** {@link Hart#run} returned. On the CPU's thread. */
  abstract void exited(Hart.Exit exit);

  /** The level of the guest's external interrupt. Any thread. */
  public abstract void setExternalInterrupt(boolean asserted);

  /** From now on the CPU runs only when an interrupt that it has enabled is pending. */
  final void await() {
    waiting = true;
  }

  /** From now on the CPU does not run, interrupt or not, until frames may have come. */
  final void awaitFrames() {
    waitsForFrames = true;
    clock.schedule(AGAIN_NANOS, this::framesCame);
  }

  /** Whether it waits for frames of the machine. Any thread. */
  public final boolean waitsForFrames() {
    return waitsForFrames;
  }

  /** If it waits for frames, it tries again. Any thread. */
  public final void framesCame() {
    if (waitsForFrames) {
      waitsForFrames = false;
      wake();
    }
  }

  /** The CPU does not run, interrupt or not, for {@code nanos}: pages of it are being read. */
  final void awaitPages(long nanos) {
    waitsForPages = true;
    clock.schedule(
        nanos,
        () -> {
          waitsForPages = false;
          wake();
        });
  }

  /** It may have ceased to be idle. Any thread. */
  final void wake() {
    clock.wake(this);
  }

  /** Whether it goes on behind the environment call that it made, and not elsewhere or never. */
  final boolean goesOn() {
    return state == State.STARTED || (state == State.SUSPENDED && !resumesAtStart);
  }

  // ---- states ------------------------------------------------------------------------------

  @Override
  public final State state() {
    return state;
  }

  @Override
  public final synchronized boolean start(long address, long opaque) {
    if (state != State.STOPPED) {
      return false;
    }
    startAddress = address;
    startOpaque = opaque;
    state = State.START_PENDING;
    wake();
    return true;
  }

  @Override
  public final synchronized void stop() {
    state = State.STOPPED;
    kicked = true;
  }

  @Override
  public final void suspend() {
    state = State.SUSPENDED;
    waiting = true;
  }

  @Override
  public final void suspendAndStart(long address, long opaque) {
    startAddress = address;
    startOpaque = opaque;
    resumesAtStart = true;
    suspend();
  }

  private synchronized void resume() {
    if (state == State.START_PENDING || resumesAtStart) {
      enterKernel(startAddress, startOpaque);
      resumesAtStart = false;
    }
    waiting = false;
    state = State.STARTED;
  }

  /**
   * The time at which it goes on: its own, or that of the computer if it only waits to be woken.
   * While it does not run.
   */
  public final long resumesAt() {
    boolean waits = waiting || waitsForFrames || waitsForPages || state != State.STARTED;
    return waits ? Math.max(nanos(), clock.now()) : nanos();
  }

  /** Writes in which state it is. That it waits for memory is nothing that the guest knows of. */
  final void saveState(StateWriter out) {
    out.putConstant(state);
    out.putBoolean(waiting);
    out.putBoolean(resumesAtStart);
    out.putLong(startAddress);
    out.putLong(startOpaque);
    out.putInstant(resumesAt());
  }

  /** Takes it over, before the CPU has run. */
  final void loadState(StateReader in) {
    state = in.getConstant(State.class);
    waiting = in.getBoolean();
    resumesAtStart = in.getBoolean();
    startAddress = in.getLong();
    startOpaque = in.getLong();
    long at = in.getInstant();
    if (at < clock.now() || at - clock.now() > MOST_AHEAD) {
      throw in.fault("the CPU's time is not that of its computer: %d ns off", at - clock.now());
    }
    time.skipTo(at);
  }

  // ---- Processor ---------------------------------------------------------------------------

  @Override
  public final long nanos() {
    return time.nanos();
  }

  @Override
  public final long nextTimer() {
    return VcpuTime.nanosOf(hart.interrupts().nextTimerTick());
  }

  @Override
  public final void skipTo(long nanos) {
    time.skipTo(nanos);
  }

  @Override
  public final void kick() {
    kicked = true;
    hart.requestAttention();
  }

  @Override
  public final boolean idle() {
    return switch (state) {
      case STOPPED -> true;
      case START_PENDING -> false;
      case STARTED, SUSPENDED ->
          waitsForFrames || waitsForPages || waiting && !hart.interrupts().wakeReady();
    };
  }

  @Override
  public final void run(long instructions) {
    long end = hart.completed() + instructions;
    while (!kicked && hart.completed() < end && !idle()) {
      if (waiting || state == State.START_PENDING) {
        resume();
      }
      long completed = hart.completed();
      long traps = hart.trapsTaken();
      exited(hart.run(end - completed));
      if (hart.completed() == completed) {
        long attempts = 1 + hart.trapsTaken() - traps;
        end -= attempts;
        passBarrenTime(attempts);
      } else {
        barrenAttempts = 0;
      }
    }
    kicked = false;
  }

  /**
   * A guest that traps again and again and completes nothing lets time go on, or the machine's
   * would stand still with it.
   */
  private void passBarrenTime(long attempts) {
    barrenAttempts += attempts;
    if (barrenAttempts > MANY_ATTEMPTS) {
      time.skipTo(time.nanos() + attempts);
    }
  }

  // ---- calls -------------------------------------------------------------------------------

  @Override
  public final long argument(int number) {
    return hart.x[A0 + number];
  }

  @Override
  public final void setResult(long error, long value) {
    hart.x[A0] = error;
    hart.x[A0 + 1] = value;
  }

  @Override
  public final void fenceInstructions(GuestHart caller) {
    // Decoded code is dropped when it is written; what is left is to order the writes.
    hart.atSafePoint(caller.hart(), VarHandle::fullFence);
  }
}
