package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.imm;
import static dev.quire.machine.hart.Decoded.length;
import static dev.quire.machine.hart.Decoded.op;
import static dev.quire.machine.hart.Decoded.rd;
import static dev.quire.machine.hart.Decoded.rs1;
import static dev.quire.machine.hart.Decoded.rs2;

import dev.quire.machine.arch.GuestTrap;
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
  private static final int OUTSIDE = -CodePage.SLOTS;

  private final HartState state;
  private final Hart hart;
  private final long[] x;
  private final long[] f;
  private final Mmu mmu;
  private final Csrs csrs;
  private final CodeCache code;
  private final SystemOps system;
  private final AtomicOps atomics;
  private final FloatOps floats;

  /**
   * Slot 0 holds an instruction that lies in two frames, or in a page that PMP splits; all others
   * leave this array again.
   */
  private final long[] crossing = new long[CodePage.SLOTS];

  Interpreter(Hart hart, HartState state, Csrs csrs, SystemOps system, AtomicOps atomics) {
    this.hart = hart;
    this.state = state;
    this.x = hart.x;
    this.f = hart.f;
    this.mmu = hart.mmu();
    this.code = hart.code();
    this.csrs = csrs;
    this.system = system;
    this.atomics = atomics;
    this.floats = new FloatOps(x, f, state.fp, mmu, state.trap);
    Arrays.fill(crossing, Op.LEAVE);
  }

  /** Completes at most {@code budget} instructions from state.pc. */
  Outcome run(int budget) {
    final long[] x = this.x;
    final Mmu mmu = this.mmu;
    int left = budget;
    int i = 0;
    long page = 0;
    try {
      pages:
      while (left > 0) {
        page = state.pc & PAGE;
        i = (int) (state.pc - page) >>> 1;
        long frame = mmu.fetchPage(state.pc);
        CodePage current = code.page(frame, hart);
        long[] slots = current.slots;
        if ((frame & Mmu.SPLIT) != 0) {
          slots = decodeAlone();
          page = state.pc;
          i = 0;
        }
        while (left > 0 && (i & OUTSIDE) == 0) {
          long d = slots[i];
          int next = i + length(d);
          int rd = rd(d);
          long a = x[rs1(d)];
          long b = x[rs2(d)];
          long imm = imm(d);
          switch (op(d)) {
            case Op.ADDI -> x[rd] = a + imm;
            case Op.ADD -> x[rd] = a + b;
            case Op.LD -> x[rd] = mmu.loadLong(a + imm);
            case Op.LW -> x[rd] = mmu.loadInt(a + imm);
            case Op.SD -> mmu.storeLong(a + imm, b);
            case Op.SW -> mmu.storeInt(a + imm, b);
            case Op.BEQ -> next = a == b ? i + (int) imm : next;
            case Op.BNE -> next = a != b ? i + (int) imm : next;
            case Op.BLT -> next = a < b ? i + (int) imm : next;
            case Op.BGE -> next = a >= b ? i + (int) imm : next;
            case Op.BLTU -> next = Long.compareUnsigned(a, b) < 0 ? i + (int) imm : next;
            case Op.BGEU -> next = Long.compareUnsigned(a, b) >= 0 ? i + (int) imm : next;
            case Op.JAL -> {
              x[rd] = page + 2L * next;
              next = i + (int) imm;
            }
            case Op.JALR -> {
              long target = a + imm & -2;
              x[rd] = page + 2L * next;
              if ((target & PAGE) != page) {
                left--;
                state.pc = target;
                continue pages;
              }
              next = (int) (target - page) >>> 1;
            }
            case Op.LUI -> x[rd] = imm;
            case Op.AUIPC -> x[rd] = page + 2L * i + imm;
            case Op.LBU -> x[rd] = mmu.loadByte(a + imm) & 0xff;
            case Op.LHU -> x[rd] = mmu.loadShort(a + imm) & 0xffff;
            case Op.LWU -> x[rd] = mmu.loadInt(a + imm) & 0xffffffffL;
            case Op.SB -> mmu.storeByte(a + imm, b);
            case Op.SH -> mmu.storeShort(a + imm, b);
            case Op.SUB -> x[rd] = a - b;
            case Op.AND -> x[rd] = a & b;
            case Op.OR -> x[rd] = a | b;
            case Op.XOR -> x[rd] = a ^ b;
            case Op.ANDI -> x[rd] = a & imm;
            case Op.ORI -> x[rd] = a | imm;
            case Op.XORI -> x[rd] = a ^ imm;
            case Op.ADDW -> x[rd] = Alu.addw(a, b);
            case Op.SUBW -> x[rd] = Alu.subw(a, b);
            case Op.SLT -> x[rd] = Alu.slt(a, b);
            case Op.SLTU -> x[rd] = Alu.sltu(a, b);
            case Op.SLLI -> x[rd] = Alu.sll(a, imm);
            case Op.SRLI -> x[rd] = Alu.srl(a, imm);
            case Op.SRAI -> x[rd] = Alu.sra(a, imm);
            case Op.ADDIW -> x[rd] = Alu.addw(a, imm);
            case Op.SLLIW -> x[rd] = Alu.sllw(a, imm);
            case Op.SRLIW -> x[rd] = Alu.srlw(a, imm);
            case Op.SRAIW -> x[rd] = Alu.sraw(a, imm);
            case Op.SLTIU -> x[rd] = Alu.sltu(a, imm);
            case Op.MUL -> x[rd] = a * b;
            case Op.FLD -> loadDouble(rd, a + imm);
            case Op.FSD -> storeDouble(a + imm, d);
            case Op.UNDECODED, Op.CROSSING, Op.LEAVE -> {
              if (op(d) == Op.UNDECODED && code.decode(current, i)) {
                continue;
              }
              state.pc = page + 2L * i;
              if (op(d) == Op.CROSSING) {
                slots = decodeCrossing(d);
                page = state.pc;
                i = 0;
                continue;
              }
              continue pages;
            }
            default -> {
              if (op(d) > Op.LAST_FLOAT) {
                state.completed += budget - left;
                budget = left;
                state.pc = page + 2L * i;
                boolean leave = system.execute(d, page + 2L * next);
                left--;
                if (leave) {
                  break pages;
                }
                continue pages;
              }
              compute(d);
            }
          }
          left--;
          i = next;
        }
        state.pc = page + 2L * i;
      }
    } catch (GuestTrap trap) {
      state.pc = page + 2L * i;
      state.completed += budget - left;
      return Outcome.TRAPPED;
    } catch (DeviceAccess access) {
      state.pc = page + 2L * i;
      state.completed += budget - left;
      return Outcome.DEVICE;
    }
    state.completed += budget - left;
    return Outcome.RAN;
  }

  /** Decodes the instruction at state.pc, whose second half is in the next page of addresses. */
  private long[] decodeCrossing(long d) {
    crossing[0] = code.decodeHalves((int) imm(d), mmu.fetchAddress(state.pc + 2));
    return crossing;
  }

  /** Decodes the instruction at state.pc, in a page where each fetch must be checked for itself. */
  private long[] decodeAlone() {
    int low = code.halfword(mmu.fetchAddress(state.pc));
    long second = Decoder.isLong(low) ? mmu.fetchAddress(state.pc + 2) : 0;
    crossing[0] = code.decodeHalves(low, second);
    return crossing;
  }

  private void loadDouble(int rd, long gva) {
    if (!state.fpReady) {
      csrs.enableFp();
    }
    f[rd] = mmu.loadLong(gva);
  }

  private void storeDouble(long gva, long d) {
    if (!state.fpReady) {
      csrs.enableFp();
    }
    mmu.storeLong(gva, f[rs2(d)]);
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
      default -> atomics.execute(d);
    }
  }
}
