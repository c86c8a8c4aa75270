package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.destination;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;

/**
 * Turns instruction bits into {@link Decoded} form (unprivileged manual, "RV32/64G Instruction Set
 * Listings"). What the ISA does not have decodes to {@link Op#ILLEGAL}.
 */
final class Decoder {
  private static final int[] LOADS = {Op.LB, Op.LH, Op.LW, Op.LD, Op.LBU, Op.LHU, Op.LWU};
  private static final int[] STORES = {Op.SB, Op.SH, Op.SW, Op.SD};
  private static final int[] BRANCHES = {
    Op.BEQ, Op.BNE, Op.ILLEGAL, Op.ILLEGAL, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU
  };
  private static final int[] BASE = {
    Op.ADD, Op.SLL, Op.SLT, Op.SLTU, Op.XOR, Op.SRL, Op.OR, Op.AND
  };
  private static final int[] MULTIPLY = {
    Op.MUL, Op.MULH, Op.MULHSU, Op.MULHU, Op.DIV, Op.DIVU, Op.REM, Op.REMU
  };
  private static final int[] MULTIPLY_W = {
    Op.MULW, Op.ILLEGAL, Op.ILLEGAL, Op.ILLEGAL, Op.DIVW, Op.DIVUW, Op.REMW, Op.REMUW
  };

  private final boolean m;
  private final boolean a;
  private final boolean f;
  private final boolean d;
  private final boolean compressed;
  private final boolean zba;
  private final boolean zbb;
  private final boolean zbs;
  private final CompressedDecoder compressedDecoder;
  private final FloatDecoder floatDecoder;
  private final SystemDecoder systemDecoder;

  Decoder(Isa isa) {
    m = isa.has(Extension.M);
    a = isa.has(Extension.A);
    f = isa.has(Extension.F);
    d = isa.has(Extension.D);
    compressed = isa.has(Extension.C);
    zba = isa.has(Extension.ZBA);
    zbb = isa.has(Extension.ZBB);
    zbs = isa.has(Extension.ZBS);
    compressedDecoder = new CompressedDecoder(d);
    floatDecoder = new FloatDecoder(f, d);
    systemDecoder = new SystemDecoder(isa);
  }

  /** Whether the first halfword of an instruction says that it has a second. */
  static boolean isLong(int halfword) {
    return (halfword & 3) == 3;
  }

  /** Decodes a 16-bit instruction. */
  long decodeShort(int raw) {
    return compressed ? compressedDecoder.decode(raw & 0xffff) : illegal(1, raw & 0xffff);
  }

  static long illegal(int length, int raw) {
    return Decoded.of(Op.ILLEGAL, length, 32, 0, 0, raw);
  }

  /** Decodes a 32-bit instruction. */
  long decode(int raw) {
    int rd = destination(raw >>> 7 & 31);
    int rs1 = raw >>> 15 & 31;
    int rs2 = raw >>> 20 & 31;
    int funct3 = raw >>> 12 & 7;
    return switch (raw & 0x7f) {
      case 0x03 -> funct3 == 7 ? illegal(2, raw) : of(LOADS[funct3], rd, rs1, 0, raw >> 20);
      case 0x13 -> immediate(raw, funct3, rd, rs1);
      case 0x17 -> of(Op.AUIPC, rd, 0, 0, raw & 0xfffff000);
      case 0x1b -> immediateWord(raw, funct3, rd, rs1);
      case 0x23 ->
          funct3 > 3 ? illegal(2, raw) : of(STORES[funct3], 32, rs1, rs2, storeOffset(raw));
      case 0x2f -> a ? atomic(raw, funct3, rd, rs1, rs2) : illegal(2, raw);
      case 0x33 -> register(raw, funct3, rd, rs1, rs2);
      case 0x37 -> of(Op.LUI, rd, 0, 0, raw & 0xfffff000);
      case 0x3b -> registerWord(raw, funct3, rd, rs1, rs2);
      case 0x07, 0x27, 0x43, 0x47, 0x4b, 0x4f, 0x53 -> floatDecoder.decode(raw);
      case 0x63 -> branch(raw, funct3, rs1, rs2);
      case 0x67 ->
          funct3 != 0
              ? illegal(2, raw)
              : of(compressed ? Op.JALR : Op.JALR_CHECKED, rd, rs1, 0, raw >> 20);
      case 0x6f -> jal(raw, rd);
      case 0x0f, 0x73 -> systemDecoder.decode(raw);
      default -> illegal(2, raw);
    };
  }

  /** An ALU or other 32-bit instruction, or ILLEGAL where {@code op} is. */
  private static long of(int op, int rd, int rs1, int rs2, int immediate) {
    return Decoded.of(op, 2, rd, rs1, rs2, immediate);
  }

  static int storeOffset(int raw) {
    return raw >> 25 << 5 | raw >>> 7 & 31;
  }

  private long branch(int raw, int funct3, int rs1, int rs2) {
    int op = BRANCHES[funct3];
    int offset = raw >> 31 << 12 | (raw << 4 & 0x800) | (raw >>> 20 & 0x7e0) | (raw >>> 7 & 0x1e);
    if (op == Op.ILLEGAL) {
      return illegal(2, raw);
    }
    if (!compressed && (offset & 2) != 0) {
      return of(Op.FAR_BRANCH, op, rs1, rs2, offset);
    }
    return of(op, 32, rs1, rs2, offset);
  }

  private long jal(int raw, int rd) {
    int offset = raw >> 31 << 20 | (raw & 0xff000) | (raw >>> 9 & 0x800) | (raw >>> 20 & 0x7fe);
    if (!compressed && (offset & 2) != 0) {
      return of(Op.MISALIGNED_JAL, rd, 0, 0, offset);
    }
    return of(Op.JAL, rd, 0, 0, offset);
  }

  private long immediate(int raw, int funct3, int rd, int rs1) {
    int op =
        switch (funct3) {
          case 0 -> Op.ADDI;
          case 2 -> Op.SLTI;
          case 3 -> Op.SLTIU;
          case 4 -> Op.XORI;
          case 6 -> Op.ORI;
          case 7 -> Op.ANDI;
          case 1 -> shiftLeft(raw);
          default -> shiftRight(raw);
        };
    if (op == Op.ILLEGAL) {
      return illegal(2, raw);
    }
    boolean shift = (funct3 & 3) == 1;
    return of(op, rd, rs1, 0, shift ? raw >>> 20 & 63 : raw >> 20);
  }

  private int shiftLeft(int raw) {
    return switch (raw >>> 26) {
      case 0x00 -> Op.SLLI;
      case 0x0a -> zbs ? Op.BSETI : Op.ILLEGAL;
      case 0x12 -> zbs ? Op.BCLRI : Op.ILLEGAL;
      case 0x1a -> zbs ? Op.BINVI : Op.ILLEGAL;
      case 0x18 -> zbb ? countOrExtend(raw >>> 20 & 63) : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }

  private static int countOrExtend(int selector) {
    return switch (selector) {
      case 0 -> Op.CLZ;
      case 1 -> Op.CTZ;
      case 2 -> Op.CPOP;
      case 4 -> Op.SEXT_B;
      case 5 -> Op.SEXT_H;
      default -> Op.ILLEGAL;
    };
  }

  private int shiftRight(int raw) {
    return switch (raw >>> 26) {
      case 0x00 -> Op.SRLI;
      case 0x10 -> Op.SRAI;
      case 0x18 -> zbb ? Op.RORI : Op.ILLEGAL;
      case 0x12 -> zbs ? Op.BEXTI : Op.ILLEGAL;
      case 0x0a -> zbb && raw >>> 20 == 0x287 ? Op.ORC_B : Op.ILLEGAL;
      case 0x1a -> zbb && raw >>> 20 == 0x6b8 ? Op.REV8 : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }

  private long immediateWord(int raw, int funct3, int rd, int rs1) {
    int funct7 = raw >>> 25;
    if (funct3 == 0) {
      return of(Op.ADDIW, rd, rs1, 0, raw >> 20);
    }
    if (funct3 == 1 && funct7 >>> 1 == 2 && zba) {
      return of(Op.SLLI_UW, rd, rs1, 0, raw >>> 20 & 63);
    }
    int op =
        switch (funct7 << 3 | funct3) {
          case 1 -> Op.SLLIW;
          case 5 -> Op.SRLIW;
          case 0x20 << 3 | 5 -> Op.SRAIW;
          case 0x30 << 3 | 5 -> zbb ? Op.RORIW : Op.ILLEGAL;
          case 0x30 << 3 | 1 -> zbb ? countWord(raw >>> 20 & 31) : Op.ILLEGAL;
          default -> Op.ILLEGAL;
        };
    return op == Op.ILLEGAL ? illegal(2, raw) : of(op, rd, rs1, 0, raw >>> 20 & 31);
  }

  private static int countWord(int selector) {
    return switch (selector) {
      case 0 -> Op.CLZW;
      case 1 -> Op.CTZW;
      case 2 -> Op.CPOPW;
      default -> Op.ILLEGAL;
    };
  }

  private long register(int raw, int funct3, int rd, int rs1, int rs2) {
    int funct7 = raw >>> 25;
    int op =
        switch (funct7) {
          case 0x00 -> BASE[funct3];
          case 0x01 -> m ? MULTIPLY[funct3] : Op.ILLEGAL;
          case 0x20 -> subtractOrInvert(funct3);
          case 0x05 -> zbb ? minMax(funct3) : Op.ILLEGAL;
          case 0x10 -> zba ? shiftAdd(funct3, Op.SH1ADD, Op.SH2ADD, Op.SH3ADD) : Op.ILLEGAL;
          case 0x30 -> zbb ? rotate(funct3, Op.ROL, Op.ROR) : Op.ILLEGAL;
          case 0x24 -> zbs ? rotate(funct3, Op.BCLR, Op.BEXT) : Op.ILLEGAL;
          case 0x34 -> zbs ? rotate(funct3, Op.BINV, Op.ILLEGAL) : Op.ILLEGAL;
          case 0x14 -> zbs ? rotate(funct3, Op.BSET, Op.ILLEGAL) : Op.ILLEGAL;
          default -> Op.ILLEGAL;
        };
    return op == Op.ILLEGAL ? illegal(2, raw) : of(op, rd, rs1, rs2, 0);
  }

  private int subtractOrInvert(int funct3) {
    return switch (funct3) {
      case 0 -> Op.SUB;
      case 5 -> Op.SRA;
      case 4 -> zbb ? Op.XNOR : Op.ILLEGAL;
      case 6 -> zbb ? Op.ORN : Op.ILLEGAL;
      case 7 -> zbb ? Op.ANDN : Op.ILLEGAL;
      default -> Op.ILLEGAL;
    };
  }

  private static int minMax(int funct3) {
    return switch (funct3) {
      case 4 -> Op.MIN;
      case 5 -> Op.MINU;
      case 6 -> Op.MAX;
      case 7 -> Op.MAXU;
      default -> Op.ILLEGAL;
    };
  }

  private static int shiftAdd(int funct3, int one, int two, int three) {
    return switch (funct3) {
      case 2 -> one;
      case 4 -> two;
      case 6 -> three;
      default -> Op.ILLEGAL;
    };
  }

  /** Operations of which funct3 1 is the left form and 5 the right one. */
  private static int rotate(int funct3, int left, int right) {
    return funct3 == 1 ? left : funct3 == 5 ? right : Op.ILLEGAL;
  }

  private long registerWord(int raw, int funct3, int rd, int rs1, int rs2) {
    int op =
        switch (raw >>> 25) {
          case 0x00 -> funct3 == 0 ? Op.ADDW : rotate(funct3, Op.SLLW, Op.SRLW);
          case 0x20 -> funct3 == 0 ? Op.SUBW : funct3 == 5 ? Op.SRAW : Op.ILLEGAL;
          case 0x01 -> m ? MULTIPLY_W[funct3] : Op.ILLEGAL;
          case 0x04 -> addUnsignedOrExtend(funct3, rs2);
          case 0x10 ->
              zba ? shiftAdd(funct3, Op.SH1ADD_UW, Op.SH2ADD_UW, Op.SH3ADD_UW) : Op.ILLEGAL;
          case 0x30 -> zbb ? rotate(funct3, Op.ROLW, Op.RORW) : Op.ILLEGAL;
          default -> Op.ILLEGAL;
        };
    return op == Op.ILLEGAL ? illegal(2, raw) : of(op, rd, rs1, rs2, 0);
  }

  private int addUnsignedOrExtend(int funct3, int rs2) {
    if (funct3 == 0) {
      return zba ? Op.ADD_UW : Op.ILLEGAL;
    }
    return funct3 == 4 && rs2 == 0 && zbb ? Op.ZEXT_H : Op.ILLEGAL;
  }

  private static long atomic(int raw, int funct3, int rd, int rs1, int rs2) {
    int offset =
        switch (raw >>> 27) {
          case 0x02 -> rs2 == 0 ? 0 : -1;
          case 0x03 -> Op.SC_W - Op.LR_W;
          case 0x01 -> Op.AMOSWAP_W - Op.LR_W;
          case 0x00 -> Op.AMOADD_W - Op.LR_W;
          case 0x04 -> Op.AMOXOR_W - Op.LR_W;
          case 0x0c -> Op.AMOAND_W - Op.LR_W;
          case 0x08 -> Op.AMOOR_W - Op.LR_W;
          case 0x10 -> Op.AMOMIN_W - Op.LR_W;
          case 0x14 -> Op.AMOMAX_W - Op.LR_W;
          case 0x18 -> Op.AMOMINU_W - Op.LR_W;
          case 0x1c -> Op.AMOMAXU_W - Op.LR_W;
          default -> -1;
        };
    if (offset < 0 || (funct3 & 6) != 2) {
      return illegal(2, raw);
    }
    return of((funct3 == 2 ? Op.LR_W : Op.LR_D) + offset, rd, rs1, rs2, 0);
  }
}
