package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.bus.Bus;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.Mmu;
import dev.quire.machine.mmu.MmuConfig;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One RISC-V hart: registers, CSRs, MMU, and the loop that takes interrupts and runs instructions.
 *
 * <p>The seam to a monitor is {@link #handleTrapsAt}: the hart always enters a trap as the
 * architecture says (CSRs, mode, delegation), and if software outside the machine has taken the
 * target mode over, {@link #run} returns to it instead of fetching from the trap vector. That
 * software reads the CSRs, does its work, and resumes with {@link #sret} or {@link #mret}.
 *
 * <p>A hart is driven by one thread at a time. Other threads may set interrupt pins, {@link
 * #requestAttention} and {@link #atSafePoint}.
 */
public final class Hart {
  /** Why {@link #run} returned. */
  public enum Exit {
    /** The budget is used up, or attention was requested. */
    BUDGET,
    /** A trap was entered whose target mode is handled outside: see the CSRs. */
    TRAP,
    /** In WFI, and no enabled interrupt is pending. */
    IDLE,
    /** A device was read or written: events may be due earlier than before. */
    DEVICE
  }

  /** Instructions between two looks at interrupts that other threads raise. */
  private static final long SLICE = 16_384;

  /** Between two looks at whether another hart has come to a safe point. */
  private static final long WAIT_NANOS = 5_000;

  /** x0..x31; [32] swallows writes to x0. */
  public final long[] x = new long[33];

  /** f0..f31 as bits; single precision is NaN-boxed. */
  public final long[] f = new long[32];

  private final HartState state;
  private final Mmu mmu;
  private final CodeCache code;
  private final PhysicalMemory memory;
  private final Csrs csrs;
  private final Traps traps;
  private final Interrupts interrupts;
  private final SystemOps system;
  private final AtomicOps atomics;
  private final Interpreter interpreter;
  private int handledTargets;
  private long trapsTaken;

  private final InstructionStops stops = new InstructionStops();
  private final ConcurrentLinkedQueue<Runnable> requests = new ConcurrentLinkedQueue<>();
  private volatile boolean running;
  private volatile boolean attention;

  /** A hart in M-mode at pc 0; {@code code} is shared by all harts of the machine. */
  public Hart(
      int id,
      Isa isa,
      Timebase timebase,
      MmuConfig mmuConfig,
      PhysicalMemory memory,
      Bus bus,
      CodeCache code) {
    this.state = new HartState(id, isa, timebase);
    this.memory = memory;
    this.code = code;
    this.mmu = new Mmu(mmuConfig, memory, bus, state.translation, state.trap, true);
    state.context = mmu::contextChanged;
    this.csrs = new Csrs(state);
    this.interrupts = csrs.interrupts();
    this.traps = new Traps(state, csrs);
    this.system = new SystemOps(state, x, csrs, traps, mmu);
    this.atomics = new AtomicOps(x, mmu);
    this.interpreter = new Interpreter(this, state, csrs, system, atomics);
    mmu.contextChanged();
    mmu.allowDevices(false);
    code.add(this);
  }

  // ---- running ------------------------------------------------------------------------------

  /**
   * Runs at most {@code instructions} instructions, taking interrupts exactly where they are due by
   * the hart's own timers and pins.
   */
  public Exit run(long instructions) {
    running = true;
    try {
      serveRequests();
      return runLoop(state.completed + instructions);
    } finally {
      running = false;
    }
  }

  private Exit runLoop(long end) {
    while (state.completed < end) {
      serveRequests();
      stops.runDue(state.completed);
      int interrupt = interrupts.next();
      if (interrupt >= 0) {
        system.wake();
        if (isHandled(traps.takeInterrupt(interrupt))) {
          return Exit.TRAP;
        }
        if (attended()) {
          return Exit.BUDGET;
        }
      } else if (system.waiting()) {
        if (!interrupts.wakeReady()) {
          return Exit.IDLE;
        }
        system.wake();
      }
      switch (interpreter.run(slice(end))) {
        case TRAPPED -> {
          if (isHandled(takeTrap())) {
            return Exit.TRAP;
          }
          end--; // or a guest whose handler faults again would never come back
          trapsTaken++;
        }
        case DEVICE -> {
          return accessDevice();
        }
        case RAN -> {}
      }
      if (attended()) {
        return Exit.BUDGET;
      }
    }
    return Exit.BUDGET;
  }

  private boolean attended() {
    boolean requested = attention;
    if (requested) {
      attention = false;
    }
    return requested;
  }

  /**
   * As far as nothing can come due: the budget, a stop, or the next of the hart's own timers. Where
   * references are told to somebody, one instruction, since each is fetched anew then.
   */
  private int slice(long end) {
    if (mmu.isTraced()) {
      return 1;
    }
    long left = Math.min(Math.min(end, stops.next()) - state.completed, SLICE);
    long toTimer = state.timebase.instructionsUntil(interrupts.nextTimerTick());
    return (int) Math.max(1, Math.min(left, toTimer));
  }

  /** Executes the instruction at pc, which is known to access a device. */
  private Exit accessDevice() {
    mmu.allowDevices(true);
    Interpreter.Outcome outcome = interpreter.run(1);
    mmu.allowDevices(false);
    if (outcome == Interpreter.Outcome.TRAPPED && isHandled(takeTrap())) {
      return Exit.TRAP;
    }
    return Exit.DEVICE;
  }

  private int takeTrap() {
    GuestTrap trap = state.trap;
    if (trap.cause == Cause.ILLEGAL_INSTRUCTION || trap.cause == Cause.VIRTUAL_INSTRUCTION) {
      trap.value = instructionBits();
    }
    return traps.take(trap);
  }

  /** The bits of the instruction at pc, which was just fetched. */
  private long instructionBits() {
    GuestTrap trap = state.trap;
    int cause = trap.cause;
    try {
      int low = memory.readShort(mmu.fetchAddress(state.pc)) & 0xffff;
      if (!Decoder.isLong(low)) {
        return low;
      }
      int high = memory.readShort(mmu.fetchAddress(state.pc + 2)) & 0xffff;
      return low | (long) high << 16;
    } catch (GuestTrap gone) {
      trap.of(cause, 0);
      return 0;
    }
  }

  private boolean isHandled(int target) {
    return (handledTargets >>> target & 1) != 0;
  }

  /**
   * Has {@link #run} return on traps into {@code target}: {@link Traps#M} or {@link Traps#HS}. The
   * hart itself vectors for all other targets.
   */
  public void handleTrapsAt(int target) {
    handledTargets |= 1 << target;
  }

  /** Traps other than interrupts that the hart itself has vectored since reset. */
  public long trapsTaken() {
    return trapsTaken;
  }

  /** Counts instructions that software outside completed for the hart, which stands at nextPc. */
  public void complete(int instructions, long nextPc) {
    state.completed += instructions;
    state.pc = nextPc;
  }

  /** Has {@link #run} return soon; any thread. */
  public void requestAttention() {
    attention = true;
  }

  /**
   * Runs {@code action} on the hart's thread when the hart has completed exactly {@code count}
   * instructions since reset, before it takes an interrupt or begins the next. Nothing that the
   * guest sees depends on it, nor where {@link #run} returns. Before the hart runs, or on its
   * thread; a count that is past or that the hart never comes to does nothing.
   */
  public void atInstruction(long count, Runnable action) {
    stops.add(count, action);
  }

  /** Whether it may be executing instructions now, and so may use what its TLBs hold. */
  public boolean isRunning() {
    return running;
  }

  // ---- safe points ---------------------------------------------------------------------------

  /**
   * Runs {@code action}, which touches this hart, while it is between two instructions, and returns
   * once that is done or is certain to be done before its next instruction. {@code requester} is
   * the hart that the calling thread drives, if any; it counts as being at a safe point meanwhile.
   */
  public void atSafePoint(@Nullable Hart requester, Runnable action) {
    if (this == requester) {
      action.run();
      return;
    }
    requests.add(action);
    boolean wasRunning = requester != null && requester.running;
    if (requester != null) {
      requester.running = false;
    }
    while (running && !requests.isEmpty()) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
    if (requester != null && wasRunning) {
      requester.running = true;
      requester.serveRequests();
    }
  }

  private void serveRequests() {
    Runnable request;
    while ((request = requests.peek()) != null) {
      request.run();
      requests.poll();
    }
  }

  // ---- state ---------------------------------------------------------------------------------

  public int id() {
    return state.hartId;
  }

  public Isa isa() {
    return state.isa;
  }

  public long pc() {
    return state.pc;
  }

  public void setPc(long pc) {
    state.pc = pc;
  }

  /** {@link Privilege} level. */
  public int privilege() {
    return state.translation.privilege;
  }

  /** V: whether the hart is in VS- or VU-mode. */
  public boolean virtual() {
    return state.translation.virtual;
  }

  /** Instructions completed since reset. */
  public long completed() {
    return state.completed;
  }

  public Mmu mmu() {
    return mmu;
  }

  CodeCache code() {
    return code;
  }

  public Csrs csrs() {
    return csrs;
  }

  public Interrupts interrupts() {
    return interrupts;
  }

  /** Whether the hart stands in WFI. */
  public boolean waiting() {
    return system.waiting();
  }

  /** Leaves the mode that the last trap entered, as SRET in HS-mode would. */
  public void sret() {
    traps.sret();
  }

  /** Leaves the mode that the last trap entered, as MRET would. */
  public void mret() {
    traps.mret();
  }

  /** Gives up the LR/SC reservation: another vCPU runs here from now on. */
  public void clearReservation() {
    atomics.clearReservation();
  }

  /** Reserves what is in RAM at {@code hpa}, as an LR at {@code gva} that read {@code value}. */
  public void reserve(long gva, long hpa, long value) {
    atomics.reserve(gva, memory.hostAddress(hpa, Integer.BYTES), value);
  }

  /** The address by which the reservation was made; undefined if there is none. */
  public long reservedGva() {
    return atomics.reservedGva();
  }

  /**
   * Gives up the reservation as an SC to {@code hpa} in RAM does; true if it was for that address
   * and the LR read {@code value}, as an SC needs to succeed.
   */
  public boolean takeReservation(long hpa, long value) {
    return atomics.takeReservation(memory.hostAddress(hpa, Integer.BYTES), value);
  }

  /** Whether there is a reservation in the frame at {@code frame}, a 4 KiB aligned hpa. */
  public boolean isReserved(long frame) {
    long bytes = PhysicalMemory.FRAME_SIZE;
    return atomics.isReserved(memory.hostAddress(frame, bytes), bytes);
  }

  /** A frame's content has moved: a reservation in it follows. Both are 4 KiB aligned hpas. */
  public void moveReservation(long fromFrame, long toFrame) {
    long bytes = PhysicalMemory.FRAME_SIZE;
    atomics.moveReservation(
        memory.hostAddress(fromFrame, bytes), memory.hostAddress(toFrame, bytes), bytes);
  }
}
