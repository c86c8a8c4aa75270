package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.isa.Amo;
import dev.quire.machine.isa.FpBits;

/**
 * What an instruction does with memory, decoded from its bits as the hart itself decodes them, for
 * software that completes one in the hart's stead. One object is filled again and again.
 */
public final class MemoryInstruction {
  /** What kind of access it is. */
  public enum Kind {
    LOAD,
    STORE,
    LOAD_RESERVED,
    STORE_CONDITIONAL,
    /** An atomic memory operation: see {@link #combined}. */
    AMO,
    /** CBO.ZERO of the 64 bytes around the address. */
    ZERO_BLOCK,
    /** CBO.INVAL, CBO.CLEAN, CBO.FLUSH. */
    CACHE_BLOCK
  }

  private final Decoder decoder;
  private int amo;

  public Kind kind = Kind.LOAD;

  /** 1, 2, 4 or 8 bytes; of a block 1, for its address need not be aligned. */
  public int size;

  /** Whether a load of an integer is zero-extended. */
  public boolean unsigned;

  /** Whether the data register is one of f0..f31. */
  public boolean floating;

  /** The address is x[base] + offset. */
  public int base;

  public long offset;

  /** What is written: of x, where 32 stands for x0, or of f. */
  public int target;

  /** What a store, SC or AMO takes its data from. */
  public int source;

  /** Bytes of the instruction: 2 or 4. */
  public int length;

  /** For instructions of a hart with {@code isa}. */
  public MemoryInstruction(Isa isa) {
    decoder = new Decoder(isa);
  }

  /** Whether the first 16 bits begin an instruction of 32 bits. */
  public static boolean isLong(int bits) {
    return Decoder.isLong(bits);
  }

  /** False if the instruction does not access memory. */
  public boolean decode(int bits) {
    boolean isLong = isLong(bits);
    long d = isLong ? decoder.decode(bits) : decoder.decodeShort(bits);
    length = isLong ? 4 : 2;
    base = Decoded.rs1(d);
    offset = Decoded.imm(d);
    target = Decoded.rd(d);
    source = Decoded.rs2(d);
    int op = Decoded.op(d);
    unsigned = op == Op.LBU || op == Op.LHU || op == Op.LWU;
    floating = op >= Op.FLW && op <= Op.FSD;
    return classify(op);
  }

  private boolean classify(int op) {
    return switch (op) {
      case Op.LB -> as(Kind.LOAD, 1);
      case Op.LH -> as(Kind.LOAD, 2);
      case Op.LW -> as(Kind.LOAD, 4);
      case Op.LD -> as(Kind.LOAD, 8);
      case Op.LBU -> as(Kind.LOAD, 1);
      case Op.LHU -> as(Kind.LOAD, 2);
      case Op.LWU -> as(Kind.LOAD, 4);
      case Op.SB -> as(Kind.STORE, 1);
      case Op.SH -> as(Kind.STORE, 2);
      case Op.SW -> as(Kind.STORE, 4);
      case Op.SD -> as(Kind.STORE, 8);
      case Op.FLW -> as(Kind.LOAD, 4);
      case Op.FLD -> as(Kind.LOAD, 8);
      case Op.FSW -> as(Kind.STORE, 4);
      case Op.FSD -> as(Kind.STORE, 8);
      case Op.CBO_ZERO -> block(Kind.ZERO_BLOCK);
      case Op.CBO_INVAL, Op.CBO_CLEAN, Op.CBO_FLUSH -> block(Kind.CACHE_BLOCK);
      default -> op >= Op.LR_W && op <= Op.AMOMAXU_D && atomic(op);
    };
  }

  private boolean as(Kind which, int bytes) {
    kind = which;
    size = bytes;
    return true;
  }

  /** Their immediate is the instruction itself, not an offset. */
  private boolean block(Kind which) {
    offset = 0;
    return as(which, 1);
  }

  private boolean atomic(int op) {
    int first = op < Op.LR_D ? Op.LR_W : Op.LR_D;
    amo = op - first - (Op.AMOSWAP_W - Op.LR_W);
    offset = 0;
    Kind which =
        switch (op) {
          case Op.LR_W, Op.LR_D -> Kind.LOAD_RESERVED;
          case Op.SC_W, Op.SC_D -> Kind.STORE_CONDITIONAL;
          default -> Kind.AMO;
        };
    return as(which, op < Op.LR_D ? 4 : 8);
  }

  /** Whether its address must be a multiple of {@link #size}. */
  public boolean mustBeAligned() {
    return kind == Kind.LOAD_RESERVED || kind == Kind.STORE_CONDITIONAL || kind == Kind.AMO;
  }

  /** The target's value after {@code data}, of whose upper bits nothing matters, was read. */
  public long loaded(long data) {
    int unused = 64 - 8 * size;
    if (floating) {
      return size == 4 ? FpBits.box((int) data) : data;
    }
    return unsigned ? data << unused >>> unused : data << unused >> unused;
  }

  /** What an AMO writes where {@code old}, sign-extended, was. */
  public long combined(long old, long operand) {
    return Amo.combine(amo, old, size == 4 ? (int) operand : operand);
  }
}
