package dev.quire.machine.hart;

import dev.quire.machine.isa.Alu;
import dev.quire.machine.isa.Bits;

/** Register arithmetic outside the interpreter's main loop: from operands to the result. */
final class RegisterOps {
  private RegisterOps() {}

  /** Operations up to {@link Op#LAST_REGISTER}: {@code a} is x[rs1], {@code b} is x[rs2]. */
  static long binary(int op, long a, long b) {
    return switch (op) {
      case Op.SLT -> Alu.slt(a, b);
      case Op.SLL -> Alu.sll(a, b);
      case Op.SRL -> Alu.srl(a, b);
      case Op.SRA -> Alu.sra(a, b);
      case Op.SLLW -> Alu.sllw(a, b);
      case Op.SRLW -> Alu.srlw(a, b);
      case Op.SRAW -> Alu.sraw(a, b);
      case Op.MULW -> Alu.mulw(a, b);
      case Op.SH1ADD -> Bits.shAdd(1, a, b);
      case Op.SH2ADD -> Bits.shAdd(2, a, b);
      case Op.SH3ADD -> Bits.shAdd(3, a, b);
      case Op.ADD_UW -> Bits.addUw(a, b);
      case Op.MULH -> Alu.mulh(a, b);
      case Op.MULHU -> Alu.mulhu(a, b);
      case Op.MULHSU -> Alu.mulhsu(a, b);
      case Op.DIV -> Alu.div(a, b);
      case Op.DIVU -> Alu.divu(a, b);
      case Op.REM -> Alu.rem(a, b);
      case Op.REMU -> Alu.remu(a, b);
      case Op.DIVW -> Alu.divw(a, b);
      case Op.DIVUW -> Alu.divuw(a, b);
      case Op.REMW -> Alu.remw(a, b);
      case Op.REMUW -> Alu.remuw(a, b);
      case Op.SH1ADD_UW -> Bits.shAddUw(1, a, b);
      case Op.SH2ADD_UW -> Bits.shAddUw(2, a, b);
      case Op.SH3ADD_UW -> Bits.shAddUw(3, a, b);
      case Op.ANDN -> a & ~b;
      case Op.ORN -> a | ~b;
      case Op.XNOR -> ~(a ^ b);
      case Op.MAX -> Math.max(a, b);
      case Op.MAXU -> Bits.maxu(a, b);
      case Op.MIN -> Math.min(a, b);
      case Op.MINU -> Bits.minu(a, b);
      case Op.ROL -> Bits.rol(a, b);
      case Op.ROR -> Bits.ror(a, b);
      case Op.ROLW -> Bits.rolw(a, b);
      case Op.RORW -> Bits.rorw(a, b);
      case Op.BCLR -> Bits.bclr(a, b);
      case Op.BEXT -> Bits.bext(a, b);
      case Op.BINV -> Bits.binv(a, b);
      case Op.BSET -> Bits.bset(a, b);
      default -> throw new IllegalStateException("operation " + op);
    };
  }

  /** Operations up to {@link Op#LAST_IMMEDIATE}: {@code a} is x[rs1], {@code b} the immediate. */
  static long immediate(int op, long a, long b) {
    return switch (op) {
      case Op.SLTI -> Alu.slt(a, b);
      case Op.SLLI_UW -> Bits.slliUw(a, b);
      case Op.RORI -> Bits.ror(a, b);
      case Op.RORIW -> Bits.rorw(a, b);
      case Op.BCLRI -> Bits.bclr(a, b);
      case Op.BEXTI -> Bits.bext(a, b);
      case Op.BINVI -> Bits.binv(a, b);
      case Op.BSETI -> Bits.bset(a, b);
      case Op.CLZ -> Long.numberOfLeadingZeros(a);
      case Op.CTZ -> Long.numberOfTrailingZeros(a);
      case Op.CPOP -> Long.bitCount(a);
      case Op.CLZW -> Bits.clzw(a);
      case Op.CTZW -> Bits.ctzw(a);
      case Op.CPOPW -> Bits.cpopw(a);
      case Op.SEXT_B -> (byte) a;
      case Op.SEXT_H -> (short) a;
      case Op.ZEXT_H -> a & 0xffff;
      case Op.ORC_B -> Bits.orcb(a);
      case Op.REV8 -> Long.reverseBytes(a);
      default -> throw new IllegalStateException("operation " + op);
    };
  }
}
