package dev.quire.machine.board;

/**
 * What an instruction may change, read off its bits: which register it writes and which memory it
 * touches. For the commit log only; how instructions work is the hart's business. Field layouts:
 * unprivileged manual, chapters "RV32I" and "C", and the instruction set listings.
 */
final class InstructionEffects {
  /** x register, f register, or CSR; -1 for none. */
  int x;

  int f;
  int csr;

  /** Bytes of memory touched at x[base] + offset; 0 for none. */
  int bytes;

  int base;
  int offset;
  boolean loads;
  boolean stores;

  /** The register whose low bytes are stored: x, or f if {@link #storesFloat}; -1: see memory. */
  int source;

  boolean storesFloat;

  /** Reads off a 16- or 32-bit instruction. */
  void decode(int bits) {
    x = -1;
    f = -1;
    csr = -1;
    bytes = 0;
    loads = false;
    stores = false;
    storesFloat = false;
    source = -1;
    switch (bits & 3) {
      case 0 -> decodeQuadrant0(bits);
      case 1 -> decodeQuadrant1(bits);
      case 2 -> decodeQuadrant2(bits);
      default -> decodeLong(bits);
    }
  }

  private static int field(int bits, int low, int width) {
    return (bits >>> low) & ((1 << width) - 1);
  }

  private void load(int size, int register, int displacement) {
    bytes = size;
    base = register;
    offset = displacement;
    loads = true;
  }

  private void store(int size, int register, int displacement, int value) {
    bytes = size;
    base = register;
    offset = displacement;
    stores = true;
    source = value;
  }

  private void decodeQuadrant0(int bits) {
    int near = 8 + field(bits, 2, 3);
    int pointer = 8 + field(bits, 7, 3);
    int high = field(bits, 10, 3) << 3;
    int wide = high | field(bits, 5, 2) << 6;
    int narrow = high | field(bits, 6, 1) << 2 | field(bits, 5, 1) << 6;
    switch (field(bits, 13, 3)) {
      case 0 -> x = near;
      case 1 -> {
        f = near;
        load(8, pointer, wide);
      }
      case 2 -> {
        x = near;
        load(4, pointer, narrow);
      }
      case 3 -> {
        x = near;
        load(8, pointer, wide);
      }
      case 5 -> {
        store(8, pointer, wide, near);
        storesFloat = true;
      }
      case 6 -> store(4, pointer, narrow, near);
      case 7 -> store(8, pointer, wide, near);
      default -> {}
    }
  }

  private void decodeQuadrant1(int bits) {
    int kind = field(bits, 13, 3);
    if (kind < 4) {
      x = field(bits, 7, 5);
    } else if (kind == 4) {
      x = 8 + field(bits, 7, 3);
    }
  }

  private void decodeQuadrant2(int bits) {
    int rd = field(bits, 7, 5);
    int rs2 = field(bits, 2, 5);
    int bit5 = field(bits, 12, 1) << 5;
    int wideLoad = bit5 | field(bits, 5, 2) << 3 | field(bits, 2, 3) << 6;
    int narrowLoad = bit5 | field(bits, 4, 3) << 2 | field(bits, 2, 2) << 6;
    int wideStore = field(bits, 10, 3) << 3 | field(bits, 7, 3) << 6;
    int narrowStore = field(bits, 9, 4) << 2 | field(bits, 7, 2) << 6;
    switch (field(bits, 13, 3)) {
      case 0 -> x = rd;
      case 1 -> {
        f = rd;
        load(8, 2, wideLoad);
      }
      case 2 -> {
        x = rd;
        load(4, 2, narrowLoad);
      }
      case 3 -> {
        x = rd;
        load(8, 2, wideLoad);
      }
      case 4 -> x = rs2 != 0 ? rd : bit5 != 0 ? 1 : -1;
      case 5 -> {
        store(8, 2, wideStore, rs2);
        storesFloat = true;
      }
      case 6 -> store(4, 2, narrowStore, rs2);
      default -> store(8, 2, wideStore, rs2);
    }
  }

  private void decodeLong(int bits) {
    int rd = field(bits, 7, 5);
    int rs1 = field(bits, 15, 5);
    int rs2 = field(bits, 20, 5);
    int size = 1 << field(bits, 12, 2);
    int storeOffset = bits >> 25 << 5 | rd;
    switch (field(bits, 2, 5)) {
      case 0x00 -> {
        x = rd;
        load(size, rs1, bits >> 20);
      }
      case 0x01 -> {
        f = rd;
        load(size, rs1, bits >> 20);
      }
      case 0x04, 0x05, 0x06, 0x0c, 0x0d, 0x0e, 0x19, 0x1b -> x = rd;
      case 0x08 -> store(size, rs1, storeOffset, rs2);
      case 0x09 -> {
        store(size, rs1, storeOffset, rs2);
        storesFloat = true;
      }
      case 0x0b -> decodeAtomic(bits, rd, rs1, size);
      case 0x10, 0x11, 0x12, 0x13 -> f = rd;
      case 0x14 -> decodeFloat(bits, rd);
      case 0x1c -> decodeSystem(bits, rd, rs1);
      default -> {}
    }
  }

  private void decodeAtomic(int bits, int rd, int rs1, int size) {
    int operation = field(bits, 27, 5);
    x = rd;
    load(size, rs1, 0);
    loads = operation != 3;
    stores = operation != 2;
  }

  private void decodeFloat(int bits, int rd) {
    int operation = field(bits, 27, 5);
    if (operation == 0x14 || operation == 0x18 || operation == 0x1c) {
      x = rd;
    } else {
      f = rd;
    }
  }

  private void decodeSystem(int bits, int rd, int rs1) {
    int kind = field(bits, 12, 3);
    if (kind == 4) {
      boolean storing = field(bits, 25, 1) != 0;
      int size = 1 << field(bits, 26, 2);
      if (storing) {
        store(size, rs1, 0, field(bits, 20, 5));
      } else {
        x = rd;
        load(size, rs1, 0);
      }
    } else if (kind != 0) {
      x = rd;
      csr = (kind & 3) == 1 || rs1 != 0 ? bits >>> 20 : -1;
    }
  }
}
