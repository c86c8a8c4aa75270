package dev.quire.machine.hart;

import static dev.quire.machine.hart.Decoded.destination;

/**
 * Expands 16-bit instructions (unprivileged manual, chapter C, "RVC Instruction Set Listings") to
 * the operations of their 32-bit equivalents. The all-zero halfword is illegal.
 */
final class CompressedDecoder {
  private static final int SP = 2;
  private static final int RA = 1;
  private final boolean d;

  CompressedDecoder(boolean d) {
    this.d = d;
  }

  long decode(int raw) {
    return switch (raw & 3) {
      case 0 -> quadrant0(raw);
      case 1 -> quadrant1(raw);
      default -> quadrant2(raw);
    };
  }

  private static long of(int op, int rd, int rs1, int rs2, int immediate) {
    return Decoded.of(op, 1, rd, rs1, rs2, immediate);
  }

  private static long illegal(int raw) {
    return Decoder.illegal(1, raw);
  }

  /** {@code count} bits of {@code raw} from bit {@code from}, moved to bit {@code to}. */
  private static int bits(int raw, int from, int count, int to) {
    return (raw >>> from & (1 << count) - 1) << to;
  }

  private long quadrant0(int raw) {
    int low = 8 + (raw >>> 2 & 7);
    int base = 8 + (raw >>> 7 & 7);
    int word = bits(raw, 10, 3, 3) | bits(raw, 6, 1, 2) | bits(raw, 5, 1, 6);
    int doubleWord = bits(raw, 10, 3, 3) | bits(raw, 5, 2, 6);
    return switch (raw >>> 13) {
      case 0 -> {
        int offset =
            bits(raw, 11, 2, 4) | bits(raw, 7, 4, 6) | bits(raw, 6, 1, 2) | bits(raw, 5, 1, 3);
        yield offset == 0 ? illegal(raw) : of(Op.ADDI, low, SP, 0, offset);
      }
      case 1 -> d ? of(Op.FLD, low, base, 0, doubleWord) : illegal(raw);
      case 2 -> of(Op.LW, low, base, 0, word);
      case 3 -> of(Op.LD, low, base, 0, doubleWord);
      case 5 -> d ? of(Op.FSD, 32, base, low, doubleWord) : illegal(raw);
      case 6 -> of(Op.SW, 32, base, low, word);
      case 7 -> of(Op.SD, 32, base, low, doubleWord);
      default -> illegal(raw);
    };
  }

  /** The signed 6-bit immediate of the CI format. */
  private static int signedImmediate(int raw) {
    return (raw << 19 >> 31 << 5) | (raw >>> 2 & 31);
  }

  private long quadrant1(int raw) {
    int rd = raw >>> 7 & 31;
    int immediate = signedImmediate(raw);
    return switch (raw >>> 13) {
      case 0 -> of(Op.ADDI, destination(rd), rd, 0, immediate);
      case 1 -> rd == 0 ? illegal(raw) : of(Op.ADDIW, rd, rd, 0, immediate);
      case 2 -> of(Op.ADDI, destination(rd), 0, 0, immediate);
      case 3 -> rd == SP ? addToStackPointer(raw) : lui(raw, rd, immediate);
      case 4 -> arithmetic(raw, 8 + (rd & 7), immediate);
      case 5 -> of(Op.JAL, 32, 0, 0, jumpOffset(raw));
      case 6 -> of(Op.BEQ, 32, 8 + (rd & 7), 0, branchOffset(raw));
      default -> of(Op.BNE, 32, 8 + (rd & 7), 0, branchOffset(raw));
    };
  }

  private static long addToStackPointer(int raw) {
    int offset =
        (raw << 19 >> 31 << 9)
            | bits(raw, 6, 1, 4)
            | bits(raw, 5, 1, 6)
            | bits(raw, 3, 2, 7)
            | bits(raw, 2, 1, 5);
    return offset == 0 ? illegal(raw) : of(Op.ADDI, SP, SP, 0, offset);
  }

  private static long lui(int raw, int rd, int immediate) {
    return immediate == 0 ? illegal(raw) : of(Op.LUI, destination(rd), 0, 0, immediate << 12);
  }

  private static long arithmetic(int raw, int rd, int immediate) {
    int rs2 = 8 + (raw >>> 2 & 7);
    boolean word = (raw & 0x1000) != 0;
    return switch (raw >>> 10 & 3) {
      case 0 -> of(Op.SRLI, rd, rd, 0, immediate & 63);
      case 1 -> of(Op.SRAI, rd, rd, 0, immediate & 63);
      case 2 -> of(Op.ANDI, rd, rd, 0, immediate);
      default ->
          switch (raw >>> 5 & 3) {
            case 0 -> of(word ? Op.SUBW : Op.SUB, rd, rd, rs2, 0);
            case 1 -> of(word ? Op.ADDW : Op.XOR, rd, rd, rs2, 0);
            case 2 -> word ? illegal(raw) : of(Op.OR, rd, rd, rs2, 0);
            default -> word ? illegal(raw) : of(Op.AND, rd, rd, rs2, 0);
          };
    };
  }

  private static int jumpOffset(int raw) {
    return (raw << 19 >> 31 << 11)
        | bits(raw, 11, 1, 4)
        | bits(raw, 9, 2, 8)
        | bits(raw, 8, 1, 10)
        | bits(raw, 7, 1, 6)
        | bits(raw, 6, 1, 7)
        | bits(raw, 3, 3, 1)
        | bits(raw, 2, 1, 5);
  }

  private static int branchOffset(int raw) {
    return (raw << 19 >> 31 << 8)
        | bits(raw, 10, 2, 3)
        | bits(raw, 5, 2, 6)
        | bits(raw, 3, 2, 1)
        | bits(raw, 2, 1, 5);
  }

  private long quadrant2(int raw) {
    int rd = raw >>> 7 & 31;
    int rs2 = raw >>> 2 & 31;
    int loadWord = bits(raw, 12, 1, 5) | bits(raw, 4, 3, 2) | bits(raw, 2, 2, 6);
    int loadDouble = bits(raw, 12, 1, 5) | bits(raw, 5, 2, 3) | bits(raw, 2, 3, 6);
    int storeWord = bits(raw, 9, 4, 2) | bits(raw, 7, 2, 6);
    int storeDouble = bits(raw, 10, 3, 3) | bits(raw, 7, 3, 6);
    return switch (raw >>> 13) {
      case 0 -> of(Op.SLLI, destination(rd), rd, 0, signedImmediate(raw) & 63);
      case 1 -> d ? of(Op.FLD, rd, SP, 0, loadDouble) : illegal(raw);
      case 2 -> rd == 0 ? illegal(raw) : of(Op.LW, rd, SP, 0, loadWord);
      case 3 -> rd == 0 ? illegal(raw) : of(Op.LD, rd, SP, 0, loadDouble);
      case 4 -> (raw & 0x1000) == 0 ? jumpOrMove(raw, rd, rs2) : callOrAdd(raw, rd, rs2);
      case 5 -> d ? of(Op.FSD, 32, SP, rs2, storeDouble) : illegal(raw);
      case 6 -> of(Op.SW, 32, SP, rs2, storeWord);
      default -> of(Op.SD, 32, SP, rs2, storeDouble);
    };
  }

  private static long jumpOrMove(int raw, int rd, int rs2) {
    if (rs2 != 0) {
      return of(Op.ADD, destination(rd), 0, rs2, 0);
    }
    return rd == 0 ? illegal(raw) : of(Op.JALR, 32, rd, 0, 0);
  }

  private static long callOrAdd(int raw, int rd, int rs2) {
    if (rs2 != 0) {
      return of(Op.ADD, destination(rd), rd, rs2, 0);
    }
    return rd == 0 ? of(Op.EBREAK, 32, 0, 0, raw) : of(Op.JALR, RA, rd, 0, 0);
  }
}
