package dev.quire.monitor.vcpu;

/**
 * What a plain load or store instruction does with its data, decoded from its bits (unprivileged
 * manual, chapters "RV32I", "RV64I", "F", "D", "C"). Where it goes is known from the fault. One
 * object is filled again and again.
 */
final class MemoryInstruction {
  private static final int OPCODE_LOAD = 0x03;
  private static final int OPCODE_LOAD_FP = 0x07;
  private static final int OPCODE_STORE = 0x23;
  private static final int OPCODE_STORE_FP = 0x27;

  boolean store;

  /** 1, 2, 4 or 8 bytes. */
  int size;

  /** Whether a load of an integer is zero-extended. */
  boolean unsigned;

  /** Whether {@link #register} is one of f0..f31. */
  boolean floating;

  /** Where a load's data goes to, or a store's comes from. */
  int register;

  /** Bytes of the instruction: 2 or 4. */
  int length;

  /** Whether the first 16 bits begin an instruction of 32 bits. */
  static boolean isLong(int bits) {
    return (bits & 3) == 3;
  }

  /** False if the instruction is anything but a plain load or store. */
  boolean decode(int bits) {
    return isLong(bits) ? decodeLong(bits) : decodeShort(bits & 0xffff);
  }

  private boolean decodeLong(int bits) {
    int funct3 = bits >>> 12 & 7;
    length = 4;
    size = 1 << (funct3 & 3);
    unsigned = funct3 >= 4;
    return switch (bits & 0x7f) {
      case OPCODE_LOAD -> as(false, false, bits >>> 7 & 31) && funct3 != 7;
      case OPCODE_LOAD_FP -> as(false, true, bits >>> 7 & 31) && (funct3 == 2 || funct3 == 3);
      case OPCODE_STORE -> as(true, false, bits >>> 20 & 31) && funct3 <= 3;
      case OPCODE_STORE_FP -> as(true, true, bits >>> 20 & 31) && (funct3 == 2 || funct3 == 3);
      default -> false;
    };
  }

  /**
   * Quadrants 0 and 2; bits 15..13 tell FLD 1, LW 2, LD 3, FSD 5, SW 6, SD 7 in both. Registers are
   * x8..x15 in quadrant 0.
   */
  private boolean decodeShort(int bits) {
    int funct3 = bits >>> 13;
    int quadrant = bits & 3;
    if (quadrant == 1 || (funct3 & 3) == 0) {
      return false;
    }
    boolean stores = funct3 >= 4;
    length = 2;
    size = (funct3 & 3) == 2 ? 4 : 8;
    unsigned = false;
    int wide = stores ? bits >>> 2 & 31 : bits >>> 7 & 31;
    int number = quadrant == 0 ? 8 + (bits >>> 2 & 7) : wide;
    return as(stores, (funct3 & 3) == 1, number);
  }

  private boolean as(boolean isStore, boolean isFloating, int number) {
    store = isStore;
    floating = isFloating;
    register = number;
    return true;
  }

  /** The register's value after a load read {@code data}. */
  long loaded(long data) {
    int unused = 64 - 8 * size;
    if (floating) {
      return size == 4 ? data | 0xffff_ffffL << 32 : data;
    }
    return unsigned ? data << unused >>> unused : data << unused >> unused;
  }
}
