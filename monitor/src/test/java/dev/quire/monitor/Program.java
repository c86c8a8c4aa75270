package dev.quire.monitor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Guest programs as machine code, put together an instruction at a time. */
public final class Program {
  public static final int ZERO = 0;
  public static final int RA = 1;
  public static final int T0 = 5;
  public static final int T1 = 6;
  public static final int T2 = 7;
  public static final int S0 = 8;
  public static final int S1 = 9;
  public static final int A0 = 10;
  public static final int A1 = 11;

  /** Where programs are loaded, and where they keep results: one page from here. */
  public static final long START = GuestLayout.RAM + GuestLayout.KERNEL_OFFSET;

  public static final long RESULTS = START + 0x10000;

  private static final int A6 = 16;
  private static final int A7 = 17;

  private final List<Short> code = new ArrayList<>();
  private long lastCall;

  public Program raw(int instruction) {
    code.add((short) instruction);
    code.add((short) (instruction >>> 16));
    return this;
  }

  public Program compressed(int instruction) {
    code.add((short) instruction);
    return this;
  }

  /** The gpa of the next instruction. */
  public long here() {
    return START + 2L * code.size();
  }

  public Program addi(int rd, int rs1, int imm) {
    return raw(imm << 20 | rs1 << 15 | rd << 7 | 0x13);
  }

  /** Any constant. */
  public Program li(int rd, long value) {
    if (value == (int) value) {
      int high = (int) (value + 0x800 >> 12);
      int low = (int) (value << 52 >> 52);
      if (high == 0) {
        return addi(rd, ZERO, low);
      }
      raw(high << 12 | rd << 7 | 0x37);
      return low == 0 ? this : raw(low << 20 | rd << 15 | rd << 7 | 0x1b);
    }
    long low = value << 52 >> 52;
    li(rd, value - low >> 12);
    raw(12 << 20 | rd << 15 | 1 << 12 | rd << 7 | 0x13);
    return low == 0 ? this : addi(rd, rd, (int) low);
  }

  /** A load; {@code funct3} 0 LB, 1 LH, 2 LW, 3 LD, 4 LBU, 5 LHU, 6 LWU. */
  public Program load(int funct3, int rd, int rs1, int offset) {
    return raw(offset << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x03);
  }

  /** A store; {@code funct3} 0 SB, 1 SH, 2 SW, 3 SD. */
  public Program store(int funct3, int rs2, int rs1, int offset) {
    int high = offset >> 5 & 0x7f;
    return raw(high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (offset & 31) << 7 | 0x23);
  }

  public Program csrw(int csr, int rs1) {
    return raw(csr << 20 | rs1 << 15 | 1 << 12 | 0x73);
  }

  public Program csrs(int csr, int rs1) {
    return raw(csr << 20 | rs1 << 15 | 2 << 12 | 0x73);
  }

  public Program csrr(int rd, int csr) {
    return raw(csr << 20 | 2 << 12 | rd << 7 | 0x73);
  }

  public Program wfi() {
    return raw(0x10500073);
  }

  public Program jumpToSelf() {
    return raw(0x6f);
  }

  public Program ecall() {
    return raw(0x73);
  }

  /** Goes {@code offset} bytes on (or back) while {@code rs1} is zero. */
  public Program loopWhileZero(int rs1, int offset) {
    return branch(0, rs1, offset);
  }

  /** Goes {@code offset} bytes on (or back) while {@code rs1} is not zero. */
  public Program loopWhileNotZero(int rs1, int offset) {
    return branch(1, rs1, offset);
  }

  /** Repeats the instruction before this one while {@code rs1} is zero. */
  public Program loopWhileZeroBehind(int rs1) {
    return branch(0, rs1, -4);
  }

  /** Repeats everything from the last {@link #sbi} on while {@code rs1} is not zero. */
  public Program loopWhileNotZeroBehindCall(int rs1) {
    return branch(1, rs1, (int) (lastCall - here()));
  }

  private Program branch(int funct3, int rs1, int offset) {
    int bits = (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25;
    bits |= (offset >> 1 & 0xf) << 8 | (offset >> 11 & 1) << 7;
    return raw(bits | rs1 << 15 | funct3 << 12 | 0x63);
  }

  /** An SBI call; a0 and a1 are its results. */
  public Program sbi(long extension, long function, long... arguments) {
    lastCall = here();
    for (int i = 0; i < arguments.length; i++) {
      li(A0 + i, arguments[i]);
    }
    return li(A6, function).li(A7, extension).ecall();
  }

  /** Keeps {@code register} as result {@code slot}; uses t2. */
  public Program keep(int register, int slot) {
    return li(T2, RESULTS).store(3, register, T2, 8 * slot);
  }

  /** Stores to each of {@code pages} pages from {@code area} on, round after round, for ever. */
  public static Program touching(long area, int pages) {
    Program program = new Program().li(T1, 4096);
    long round = program.li(T0, area).li(S0, pages).here();
    program.store(3, S0, T0, 0);
    program.raw(T1 << 20 | T0 << 15 | T0 << 7 | 0x33); // add t0, t0, t1
    program.addi(S0, S0, -1).loopWhileNotZero(S0, (int) (round - program.here()));
    program.li(T0, area).li(S0, pages);
    return program.loopWhileNotZero(S0, (int) (round - program.here()));
  }

  public Program powerOff() {
    return sbi(0x53525354, 0, 0, 0);
  }

  /** Sets the trap handler, which comes next in memory, and jumps over it; uses t0. */
  public Program handler(Program handler) {
    // auipc t0, 0; addi t0, t0, 16; csrw stvec, t0; j behind the handler
    raw(T0 << 7 | 0x17).addi(T0, T0, 16).csrw(0x105, T0);
    int distance = 4 + 2 * handler.code.size();
    raw((distance >> 1 & 0x3ff) << 21 | 0x6f);
    return append(handler);
  }

  /** Makes traps skip 4 bytes after they keep scause, stval, in s0 and s1; uses t0. */
  public Program skipFaults() {
    Program handler = new Program().csrr(S0, 0x142).csrr(S1, 0x143);
    return handler(handler.csrr(T0, 0x141).addi(T0, T0, 4).csrw(0x141, T0).raw(0x10200073));
  }

  public Program append(Program other) {
    code.addAll(other.code);
    return this;
  }

  /** Fills up with zeros, which are no instructions. */
  public Program padTo(long gpa) {
    while (here() < gpa) {
      code.add((short) 0);
    }
    return this;
  }

  /** Bytes so far. */
  public int size() {
    return 2 * code.size();
  }

  public GuestFile build() {
    ByteBuffer bytes = ByteBuffer.allocate(2 * code.size()).order(ByteOrder.LITTLE_ENDIAN);
    code.forEach(bytes::putShort);
    return new GuestFile("program", bytes.array());
  }
}
