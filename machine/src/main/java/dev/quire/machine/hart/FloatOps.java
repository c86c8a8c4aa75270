package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.isa.Fp32;
import dev.quire.machine.isa.Fp64;
import dev.quire.machine.isa.FpBits;
import dev.quire.machine.isa.FpConvert;
import dev.quire.machine.isa.FpState;
import dev.quire.machine.mmu.Mmu;

/** Floating-point instructions: operands from the registers, the result back into them. */
final class FloatOps {
  private static final int DYNAMIC = 7;
  private static final int LAST_ROUNDING_MODE = 4;
  private final long[] x;
  private final long[] f;
  private final FpState state;
  private final Mmu mmu;
  private final GuestTrap trap;

  FloatOps(long[] x, long[] f, FpState state, Mmu mmu, GuestTrap trap) {
    this.x = x;
    this.f = f;
    this.state = state;
    this.mmu = mmu;
    this.trap = trap;
  }

  /** Executes one operation up to {@link Op#LAST_FLOAT}; the FPU is on. */
  void execute(long d) {
    int op = Decoded.op(d);
    if (op == Op.FLD) {
      f[Decoded.rd(d)] = mmu.loadLong(x[Decoded.rs1(d)] + Decoded.imm(d));
    } else if (op == Op.FSD) {
      mmu.storeLong(x[Decoded.rs1(d)] + Decoded.imm(d), f[Decoded.rs2(d)]);
    } else if (op == Op.FLW) {
      f[Decoded.rd(d)] = FpBits.box((int) mmu.loadInt(x[Decoded.rs1(d)] + Decoded.imm(d)));
    } else if (op == Op.FSW) {
      mmu.storeInt(x[Decoded.rs1(d)] + Decoded.imm(d), f[Decoded.rs2(d)]);
    } else if (op < Op.FADD_D) {
      single(op, d);
    } else {
      twice(op, d);
    }
  }

  /** The rounding mode: the instruction's own, or frm, which may hold a reserved value. */
  private int rounding(long d) {
    int mode = (int) Decoded.imm(d) & 7;
    if (mode == DYNAMIC) {
      mode = state.frm;
      if (mode > LAST_ROUNDING_MODE) {
        throw trap.of(Cause.ILLEGAL_INSTRUCTION, 0);
      }
    }
    return mode;
  }

  private static int rs3(long d) {
    return (int) Decoded.imm(d) >>> 3;
  }

  private void single(int op, long d) {
    int rd = Decoded.rd(d);
    long bits = f[Decoded.rs1(d)];
    int a = FpBits.unbox(bits);
    int b = FpBits.unbox(f[Decoded.rs2(d)]);
    long integer = x[Decoded.rs1(d)];
    switch (op) {
      case Op.FADD_S -> f[rd] = FpBits.box(Fp32.add(a, b, rounding(d), state));
      case Op.FSUB_S -> f[rd] = FpBits.box(Fp32.sub(a, b, rounding(d), state));
      case Op.FMUL_S -> f[rd] = FpBits.box(Fp32.mul(a, b, rounding(d), state));
      case Op.FDIV_S -> f[rd] = FpBits.box(Fp32.div(a, b, rounding(d), state));
      case Op.FSQRT_S -> f[rd] = FpBits.box(Fp32.sqrt(a, rounding(d), state));
      case Op.FMADD_S, Op.FMSUB_S, Op.FNMSUB_S, Op.FNMADD_S ->
          f[rd] = FpBits.box(fusedSingle(op, a, b, FpBits.unbox(f[rs3(d)]), rounding(d)));
      case Op.FSGNJ_S -> f[rd] = FpBits.box(Fp32.sgnj(a, b));
      case Op.FSGNJN_S -> f[rd] = FpBits.box(Fp32.sgnjn(a, b));
      case Op.FSGNJX_S -> f[rd] = FpBits.box(Fp32.sgnjx(a, b));
      case Op.FMIN_S -> f[rd] = FpBits.box(Fp32.min(a, b, state));
      case Op.FMAX_S -> f[rd] = FpBits.box(Fp32.max(a, b, state));
      case Op.FEQ_S -> x[rd] = Fp32.eq(a, b, state);
      case Op.FLT_S -> x[rd] = Fp32.lt(a, b, state);
      case Op.FLE_S -> x[rd] = Fp32.le(a, b, state);
      case Op.FCLASS_S -> x[rd] = Fp32.classify(a);
      case Op.FMV_X_W -> x[rd] = (int) bits;
      case Op.FMV_W_X -> f[rd] = FpBits.box((int) integer);
      case Op.FCVT_W_S -> x[rd] = FpConvert.floatToInt32(a, rounding(d), state);
      case Op.FCVT_WU_S -> x[rd] = FpConvert.floatToUInt32(a, rounding(d), state);
      case Op.FCVT_L_S -> x[rd] = FpConvert.floatToInt64(a, rounding(d), state);
      case Op.FCVT_LU_S -> x[rd] = FpConvert.floatToUInt64(a, rounding(d), state);
      case Op.FCVT_S_W -> f[rd] = FpBits.box(FpConvert.int32ToFloat(integer, rounding(d), state));
      case Op.FCVT_S_WU -> f[rd] = FpBits.box(FpConvert.uint32ToFloat(integer, rounding(d), state));
      case Op.FCVT_S_L -> f[rd] = FpBits.box(FpConvert.int64ToFloat(integer, rounding(d), state));
      case Op.FCVT_S_LU -> f[rd] = FpBits.box(FpConvert.uint64ToFloat(integer, rounding(d), state));
      default -> f[rd] = FpBits.box(FpConvert.doubleToFloat(bits, rounding(d), state));
    }
  }

  private int fusedSingle(int op, int a, int b, int c, int rm) {
    return switch (op) {
      case Op.FMADD_S -> Fp32.fmadd(a, b, c, rm, state);
      case Op.FMSUB_S -> Fp32.fmsub(a, b, c, rm, state);
      case Op.FNMSUB_S -> Fp32.fnmsub(a, b, c, rm, state);
      default -> Fp32.fnmadd(a, b, c, rm, state);
    };
  }

  private void twice(int op, long d) {
    int rd = Decoded.rd(d);
    long a = f[Decoded.rs1(d)];
    long b = f[Decoded.rs2(d)];
    switch (op) {
      case Op.FADD_D -> f[rd] = Fp64.add(a, b, rounding(d), state);
      case Op.FSUB_D -> f[rd] = Fp64.sub(a, b, rounding(d), state);
      case Op.FMUL_D -> f[rd] = Fp64.mul(a, b, rounding(d), state);
      case Op.FDIV_D -> f[rd] = Fp64.div(a, b, rounding(d), state);
      case Op.FSQRT_D -> f[rd] = Fp64.sqrt(a, rounding(d), state);
      case Op.FMADD_D -> f[rd] = Fp64.fmadd(a, b, f[rs3(d)], rounding(d), state);
      case Op.FMSUB_D -> f[rd] = Fp64.fmsub(a, b, f[rs3(d)], rounding(d), state);
      case Op.FNMSUB_D -> f[rd] = Fp64.fnmsub(a, b, f[rs3(d)], rounding(d), state);
      case Op.FNMADD_D -> f[rd] = Fp64.fnmadd(a, b, f[rs3(d)], rounding(d), state);
      case Op.FSGNJ_D -> f[rd] = Fp64.sgnj(a, b);
      case Op.FSGNJN_D -> f[rd] = Fp64.sgnjn(a, b);
      case Op.FSGNJX_D -> f[rd] = Fp64.sgnjx(a, b);
      case Op.FMIN_D -> f[rd] = Fp64.min(a, b, state);
      case Op.FMAX_D -> f[rd] = Fp64.max(a, b, state);
      case Op.FEQ_D -> x[rd] = Fp64.eq(a, b, state);
      case Op.FLT_D -> x[rd] = Fp64.lt(a, b, state);
      case Op.FLE_D -> x[rd] = Fp64.le(a, b, state);
      case Op.FCLASS_D -> x[rd] = Fp64.classify(a);
      case Op.FMV_X_D -> x[rd] = a;
      case Op.FMV_D_X -> f[rd] = x[Decoded.rs1(d)];
      default -> convertDouble(op, d, rd, a);
    }
  }

  private void convertDouble(int op, long d, int rd, long a) {
    int rm = rounding(d);
    long integer = x[Decoded.rs1(d)];
    switch (op) {
      case Op.FCVT_W_D -> x[rd] = FpConvert.doubleToInt32(a, rm, state);
      case Op.FCVT_WU_D -> x[rd] = FpConvert.doubleToUInt32(a, rm, state);
      case Op.FCVT_L_D -> x[rd] = FpConvert.doubleToInt64(a, rm, state);
      case Op.FCVT_LU_D -> x[rd] = FpConvert.doubleToUInt64(a, rm, state);
      case Op.FCVT_D_W -> f[rd] = FpConvert.int32ToDouble(integer);
      case Op.FCVT_D_WU -> f[rd] = FpConvert.uint32ToDouble(integer);
      case Op.FCVT_D_L -> f[rd] = FpConvert.int64ToDouble(integer, rm, state);
      case Op.FCVT_D_LU -> f[rd] = FpConvert.uint64ToDouble(integer, rm, state);
      default -> f[rd] = FpConvert.floatToDouble(FpBits.unbox(a), state);
    }
  }
}
