package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.imm;
import static dev.quire.machine.hart.Decoded.length;
import static dev.quire.machine.hart.Decoded.op;
import static dev.quire.machine.hart.Decoded.rd;
import static dev.quire.machine.hart.Decoded.rs1;
import static dev.quire.machine.hart.Decoded.rs2;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.hart.SystemOps.Then;
import dev.quire.machine.isa.Alu;
import dev.quire.machine.mmu.DeviceAccess;
import dev.quire.machine.mmu.Mmu;
import java.util.Arrays;

/**
 * Runs instructions from decoded pages. The main loop holds what real programs execute most; all
 * else is one call away. A trap or a device access is thrown to the end of {@link #run}, where the
 * counters and the pc are made exact again: between calls the hart's state is always precise.
 */
final class Interpreter {
  /** How a call of {@link #run} ended. */
  enum Outcome {
    /** The budget is used up, or the run loop must look at interrupts, timers or WFI. */
    RAN,
    /** state.trap has a trap to take at state.pc. */
    TRAPPED,
    /** The instruction at state.pc reads or writes a device. */
    DEVICE
  }

  private static final long PAGE = -4096;

  /** Offset of a page's last halfword. */
  private static final long TAIL = 4094;

  private final HartState state;
  private final Hart hart;
  private final long[] x;
  private final Mmu mmu;
  private final Csrs csrs;
  private final CodeCache code;
  private final SystemOps system;
  private final AtomicOps atomics;
  private final FloatOps floats;

  /** Slot 0 is an instruction that is not kept; all others lead out of this array again. */
  private final CodePage alone = new CodePage(0);

  /** What {@link #enter} found: the page in which the pc is, and the address of slot 0. */
  private CodePage current = new CodePage(0);

  private long base;

  /** Of the call of {@link #run} under way: instructions not yet counted as completed. */
  private int granted;

  /** How the last instruction that was not a computation ended. */
  private Then after = Then.FETCH;

  Interpreter(Hart hart, HartState state, Csrs csrs, SystemOps system, AtomicOps atomics) {
    this.hart = hart;
    this.state = state;
    this.x = hart.x;
    this.mmu = hart.mmu();
    this.code = hart.code();
    this.csrs = csrs;
    this.system = system;
    this.atomics = atomics;
    this.floats = new FloatOps(x, hart.f, state.fp, mmu, state.trap);
    Arrays.fill(alone.words, Op.LEAVE);
  }

  /** Completes at most {@code budget} instructions from state.pc. */
  Outcome run(int budget) {
    granted = budget;
    after = Then.FETCH;
    int left = budget;
    int i = 0;
    try {
      pages:
      while (left > 0) {
        base = state.pc;
        i = 0;
        CodePage page = enter(base);
        int[] words = page.words;
        int[] imms = page.immediates;
        i = (int) (state.pc - base) >>> 1;
        while (left > 0) {
          int w = words[i];
          int next = i + length(w);
          switch (op(w)) {
            case Op.ADDI -> x[rd(w)] = x[rs1(w)] + imms[i];
            case Op.ADD -> x[rd(w)] = x[rs1(w)] + x[rs2(w)];
            case Op.LD -> x[rd(w)] = mmu.loadLong(x[rs1(w)] + imms[i]);
            case Op.LW -> x[rd(w)] = mmu.loadInt(x[rs1(w)] + imms[i]);
            case Op.SD -> mmu.storeLong(x[rs1(w)] + imms[i], x[rs2(w)]);
            case Op.SW -> mmu.storeInt(x[rs1(w)] + imms[i], x[rs2(w)]);
            case Op.BEQ -> next = x[rs1(w)] == x[rs2(w)] ? imms[i] : next;
            case Op.BNE -> next = x[rs1(w)] != x[rs2(w)] ? imms[i] : next;
            case Op.BLT -> next = x[rs1(w)] < x[rs2(w)] ? imms[i] : next;
            case Op.BGE -> next = x[rs1(w)] >= x[rs2(w)] ? imms[i] : next;
            case Op.BLTU -> next = Long.compareUnsigned(x[rs1(w)], x[rs2(w)]) < 0 ? imms[i] : next;
            case Op.BGEU -> next = Long.compareUnsigned(x[rs1(w)], x[rs2(w)]) >= 0 ? imms[i] : next;
            case Op.J -> next = imms[i];
            case Op.JAL, Op.JALR -> {
              long from = op(w) == Op.JALR ? x[rs1(w)] : base + 2L * i;
              state.pc = from + imms[i] & -2;
              x[rd(w)] = base + 2L * next;
              left--;
              continue pages;
            }
            case Op.LUI -> x[rd(w)] = imms[i];
            case Op.AUIPC -> x[rd(w)] = base + 2L * i + imms[i];
            case Op.LBU -> x[rd(w)] = mmu.loadByte(x[rs1(w)] + imms[i]) & 0xff;
            case Op.LHU -> x[rd(w)] = mmu.loadShort(x[rs1(w)] + imms[i]) & 0xffff;
            case Op.LWU -> x[rd(w)] = mmu.loadInt(x[rs1(w)] + imms[i]) & 0xffffffffL;
            case Op.SB -> mmu.storeByte(x[rs1(w)] + imms[i], x[rs2(w)]);
            case Op.SUB -> x[rd(w)] = x[rs1(w)] - x[rs2(w)];
            case Op.AND -> x[rd(w)] = x[rs1(w)] & x[rs2(w)];
            case Op.OR -> x[rd(w)] = x[rs1(w)] | x[rs2(w)];
            case Op.XOR -> x[rd(w)] = x[rs1(w)] ^ x[rs2(w)];
            case Op.SLTU -> x[rd(w)] = Alu.sltu(x[rs1(w)], x[rs2(w)]);
            case Op.SLTIU -> x[rd(w)] = Alu.sltu(x[rs1(w)], imms[i]);
            case Op.ANDI -> x[rd(w)] = x[rs1(w)] & imms[i];
            case Op.ORI -> x[rd(w)] = x[rs1(w)] | imms[i];
            case Op.XORI -> x[rd(w)] = x[rs1(w)] ^ imms[i];
            case Op.SLLI -> x[rd(w)] = x[rs1(w)] << imms[i];
            case Op.SRLI -> x[rd(w)] = x[rs1(w)] >>> imms[i];
            case Op.SRAI -> x[rd(w)] = x[rs1(w)] >> imms[i];
            case Op.ADDIW -> x[rd(w)] = Alu.addw(x[rs1(w)], imms[i]);
            case Op.ADDW -> x[rd(w)] = Alu.addw(x[rs1(w)], x[rs2(w)]);
            case Op.SUBW -> x[rd(w)] = Alu.subw(x[rs1(w)], x[rs2(w)]);
            case Op.SLLIW -> x[rd(w)] = Alu.sllw(x[rs1(w)], imms[i]);
            case Op.SRLIW -> x[rd(w)] = Alu.srlw(x[rs1(w)], imms[i]);
            case Op.SRAIW -> x[rd(w)] = Alu.sraw(x[rs1(w)], imms[i]);
            case Op.MUL -> x[rd(w)] = x[rs1(w)] * x[rs2(w)];
            default -> {
              long d = Decoded.of(w, imms[i]);
              if (op(w) <= Op.LAST_MAIN || op(w) > Op.LAST_FLOAT) {
                left = special(d, i, next, left);
                if (after == Then.NEXT) {
                  i = next;
                  continue;
                }
                continue pages;
              }
              compute(d);
            }
          }
          left--;
          i = next;
        }
        state.pc = base + 2L * i;
      }
    } catch (GuestTrap | DeviceAccess thrown) {
      stop(base + 2L * i, left);
      return thrown == state.trap ? Outcome.TRAPPED : Outcome.DEVICE;
    }
    stop(state.pc, left);
    return after == Then.TRAP ? Outcome.TRAPPED : Outcome.RAN;
  }

  /** Makes the hart's pc and count of instructions exact, with {@code left} still to do. */
  private void stop(long pc, int left) {
    state.pc = pc;
    state.completed += granted - left;
    granted = left;
  }

  /**
   * The page in which the instruction at {@code pc} is found, from address {@link #base} on. At the
   * end of a page, or where PMP checks each fetch for itself, it is decoded for this once.
   */
  private CodePage enter(long pc) {
    long frame = mmu.fetchPage(pc);
    current = code.page(frame & PAGE, hart);
    if ((frame & Mmu.SPLIT) == 0 && (pc & TAIL) != TAIL) {
      base = pc & PAGE;
      return current;
    }
    int low = code.halfword(mmu.fetchAddress(pc));
    int high = Decoder.isLong(low) ? code.halfword(mmu.fetchAddress(pc + 2)) : 0;
    alone.set(0, Decoded.far(code.decode(low, high)));
    base = pc;
    return alone;
  }

  /**
   * Everything that is not a computation: decoding slot {@code i} of the current page, leaving a
   * page, or a system instruction.
   *
   * @return the instructions that are left to do before the run loop must be asked
   */
  private int special(long d, int i, int next, int left) {
    stop(base + 2L * i, left);
    after = Then.FETCH;
    if (op(d) == Op.UNDECODED) {
      code.decode(current, i);
      return left;
    }
    if (op(d) == Op.LEAVE) {
      return left;
    }
    after = system.execute(d, base + 2L * next);
    if (after == Then.TRAP) {
      granted = 0;
    } else {
      state.completed++;
      granted = after == Then.STOP ? 0 : left - 1;
    }
    return granted;
  }

  private void compute(long d) {
    int op = op(d);
    if (op <= Op.LAST_REGISTER) {
      x[rd(d)] = RegisterOps.binary(op, x[rs1(d)], x[rs2(d)]);
    } else if (op <= Op.LAST_IMMEDIATE) {
      x[rd(d)] = RegisterOps.immediate(op, x[rs1(d)], imm(d));
    } else if (op <= Op.LAST_MEMORY) {
      memory(op, d);
    } else {
      if (!state.fpReady) {
        csrs.enableFp();
      }
      floats.execute(d);
    }
  }

  private void memory(int op, long d) {
    switch (op) {
      case Op.LB -> x[rd(d)] = mmu.loadByte(x[rs1(d)] + imm(d));
      case Op.LH -> x[rd(d)] = mmu.loadShort(x[rs1(d)] + imm(d));
      case Op.LHU -> x[rd(d)] = mmu.loadShort(x[rs1(d)] + imm(d)) & 0xffff;
      case Op.LWU -> x[rd(d)] = mmu.loadInt(x[rs1(d)] + imm(d)) & 0xffffffffL;
      case Op.SH -> mmu.storeShort(x[rs1(d)] + imm(d), x[rs2(d)]);
      default -> atomics.execute(d);
    }
  }
}
