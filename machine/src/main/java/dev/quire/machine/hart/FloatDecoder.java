package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.destination;

/**
 * Decodes F and D (unprivileged manual). The immediate of a computing instruction is its rounding
 * mode, plus rs3 from bit 3 for the fused ones; a reserved static mode is illegal.
 */
final class FloatDecoder {
  private static final int SINGLE_TO_DOUBLE = Op.FADD_D - Op.FADD_S;
  private final boolean f;
  private final boolean d;

  FloatDecoder(boolean f, boolean d) {
    this.f = f;
    this.d = d;
  }

  long decode(int raw) {
    int opcode = raw & 0x7f;
    long decoded =
        switch (opcode) {
          case 0x07, 0x27 -> memory(raw, opcode == 0x27);
          case 0x53 -> compute(raw);
          default -> fused(raw, opcode);
        };
    return decoded == 0 ? Decoder.illegal(2, raw) : decoded;
  }

  private static long of(int op, int rd, int rs1, int rs2, int immediate) {
    return Decoded.of(op, 2, rd, rs1, rs2, immediate);
  }

  private boolean hasFormat(int format) {
    return format == 0 ? f : format == 1 && d;
  }

  private long memory(int raw, boolean store) {
    int width = (raw >>> 12 & 7) - 2;
    if (!hasFormat(width)) {
      return 0;
    }
    int rs1 = raw >>> 15 & 31;
    if (store) {
      return of(width == 0 ? Op.FSW : Op.FSD, 32, rs1, raw >>> 20 & 31, Decoder.storeOffset(raw));
    }
    return of(width == 0 ? Op.FLW : Op.FLD, raw >>> 7 & 31, rs1, 0, raw >> 20);
  }

  private static boolean reservedRounding(int mode) {
    return mode == 5 || mode == 6;
  }

  private long fused(int raw, int opcode) {
    int format = raw >>> 25 & 3;
    int mode = raw >>> 12 & 7;
    if (!hasFormat(format) || reservedRounding(mode)) {
      return 0;
    }
    int op = Op.FMADD_S + (opcode - 0x43 >> 2) + format * SINGLE_TO_DOUBLE;
    return of(op, raw >>> 7 & 31, raw >>> 15 & 31, raw >>> 20 & 31, mode | raw >>> 27 << 3);
  }

  private long compute(int raw) {
    int format = raw >>> 25 & 3;
    int rs2 = raw >>> 20 & 31;
    int mode = raw >>> 12 & 7;
    if (!hasFormat(format)) {
      return 0;
    }
    int operation = raw >>> 27;
    int op = operation < 4 || operation == 0x0b ? arithmetic(operation, rs2) : -1;
    boolean rounds = op >= 0;
    if (!rounds) {
      op = conversion(operation, format, rs2);
      rounds = op >= 0;
    }
    if (!rounds) {
      op = selected(operation, mode, rs2);
    }
    if (op < 0 || rounds && reservedRounding(mode)) {
      return 0;
    }
    boolean toInteger = operation == 0x14 || operation == 0x18 || operation == 0x1c;
    int rd = raw >>> 7 & 31;
    return of(
        op + (op == Op.FCVT_S_D || op == Op.FCVT_D_S ? 0 : format * SINGLE_TO_DOUBLE),
        toInteger ? destination(rd) : rd,
        raw >>> 15 & 31,
        rs2,
        mode);
  }

  private static int arithmetic(int operation, int rs2) {
    return switch (operation) {
      case 0 -> Op.FADD_S;
      case 1 -> Op.FSUB_S;
      case 2 -> Op.FMUL_S;
      case 3 -> Op.FDIV_S;
      default -> rs2 == 0 ? Op.FSQRT_S : -1;
    };
  }

  /** The single-precision operation number, or the one of FCVT.S.D and FCVT.D.S. */
  private int conversion(int operation, int format, int rs2) {
    return switch (operation) {
      case 0x08 -> d && format == 0 && rs2 == 1 ? Op.FCVT_S_D : betweenFormats(format, rs2);
      case 0x18 -> rs2 < 4 ? Op.FCVT_W_S + rs2 : -1;
      case 0x1a -> rs2 < 4 ? Op.FCVT_S_W + rs2 : -1;
      default -> -1;
    };
  }

  private static int betweenFormats(int format, int rs2) {
    return format == 1 && rs2 == 0 ? Op.FCVT_D_S : -1;
  }

  private static int selected(int operation, int funct3, int rs2) {
    return switch (operation) {
      case 0x04 -> funct3 < 3 ? Op.FSGNJ_S + funct3 : -1;
      case 0x05 -> funct3 < 2 ? Op.FMIN_S + funct3 : -1;
      case 0x14 -> funct3 < 3 ? Op.FLE_S - funct3 : -1;
      case 0x1c -> rs2 != 0 ? -1 : funct3 == 0 ? Op.FMV_X_W : funct3 == 1 ? Op.FCLASS_S : -1;
      case 0x1e -> rs2 == 0 && funct3 == 0 ? Op.FMV_W_X : -1;
      default -> -1;
    };
  }
}
