package dev.quire.monitor;

import java.util.Random;

/**
 * A random kernel: it builds page tables and changes them, reads and writes what they map (tables,
 * data, devices, nothing) with every kind of instruction, from S- and U-mode, under timer
 * interrupts. It keeps to the architecture's rules: a fence follows each store that may have
 * changed a table, and the code's own mappings stay. So all that it sees is defined, and must not
 * depend on how its memory is virtualized.
 *
 * <pre>
 *   0x8020_0000  code, mapped one to one, and once more for U-mode at 0xc020_0000
 *   0x8040_0000  16 frames of tables and data, mapped one to one
 *   0x8060_0000  tables that stay: the two roots, and those of the mappings above
 *   gva 0x4000_0000 and up: what the tables among the 16 frames map
 * </pre>
 *
 * <p>Register s2 is a hash of all that it saw.
 *
 * <p>A lawless one starts all harts, forgets fences, and has tables anywhere: the 16 frames are
 * roots too, link to themselves, and the tables that stay are mapped as well.
 */
final class RandomKernel {
  static final int HASH = 18;
  static final long PLAYGROUND = GuestLayout.RAM + (4 << 20);
  static final int FRAMES = 16;

  private static final long ROOTS = GuestLayout.RAM + (6 << 20);
  private static final long USER_OFFSET = 0x4000_0000;
  private static final long WINDOW = 0x4000_0000;
  private static final int PAGE = 4096;
  private static final long HSM = 0x48534d;

  private static final int T0 = 5;
  private static final int T1 = 6;
  private static final int A0 = 10;
  private static final int A1 = 11;
  private static final int CAUSE = 28;
  private static final int VALUE = 29;
  private static final int IS_CALL = 30;
  private static final int SCRATCH = 31;

  private static final int SSTATUS = 0x100;
  private static final int SEPC = 0x141;
  private static final int STIMECMP = 0x14d;
  private static final int SATP = 0x180;

  /** csrci and csrsi sstatus, SIE. */
  private static final int DISABLE = SSTATUS << 20 | 2 << 15 | 0x7073;

  private static final int ENABLE = SSTATUS << 20 | 2 << 15 | 0x6073;
  private static final int SRET = 0x10200073;
  private static final int SFENCE = 0x12000073;

  private static final int[] CSRS = {
    0x100, 0x104, 0x106, 0x10a, 0x140, 0x144, 0x14d, 0x180, 0xc00, 0xc01, 0xc02, 0x200, 0x280,
    0x600, 0x680, 0x300, 0x001, 0x7a0, 0x5a8
  };

  private static final int[] ODD = {
    0x0000100f, // fence.i
    0x0ff0000f, // fence
    0x18000073, // sfence.w.inval
    0x18100073, // sfence.inval.ir
    0x00100073, // ebreak
    0x62000073, // hfence.gvma
    0x30200073, // mret
    0
  };

  private final Random random;
  private final int levels;
  private final int harts;
  private final boolean lawful;
  private Program program = new Program();
  private int rootInUse;

  private RandomKernel(long seed, int levels, int harts, boolean lawful) {
    this.random = new Random(seed);
    this.levels = levels;
    this.harts = harts;
    this.lawful = lawful;
  }

  /** {@code levels} of its page tables: 3 to 5. */
  RandomKernel(long seed, int levels) {
    this(seed, levels, 1, true);
  }

  static RandomKernel lawless(long seed, int levels, int harts) {
    return new RandomKernel(seed, levels, harts, false);
  }

  Program build(int steps) {
    handler();
    Program all = program;
    program = new Program();
    tables();
    for (int hart = 1; hart < harts; hart++) {
      program.sbi(HSM, 0, hart, Program.START, 0);
    }
    Program first = program;
    program = all.raw(branch(0, A0, 8)).raw(jump(4 + first.size())).append(first);
    program.li(A0, 1 << 5).csrw(0x104, A0).li(A0, 2).csrs(SSTATUS, A0);
    for (int i = 0; i < steps; i++) {
      step();
    }
    return program.powerOff();
  }

  // ---- traps -------------------------------------------------------------------------------

  /** Notes scause, stval and sepc and goes on behind the instruction; calls lead to S-mode. */
  private void handler() {
    Program timer = new Program().csrr(VALUE, SEPC);
    mix(timer, VALUE);
    timer.li(VALUE, -1).csrw(STIMECMP, VALUE).raw(SRET);
    Program call = new Program().li(SCRATCH, USER_OFFSET).raw(sub(VALUE, VALUE, SCRATCH));
    call.li(SCRATCH, 0x100).csrs(SSTATUS, SCRATCH);
    Program handler = new Program().csrr(CAUSE, 0x142);
    mix(handler, CAUSE);
    handler.raw(branch(5, CAUSE, 4 + timer.size())).append(timer);
    handler.addi(IS_CALL, CAUSE, -8).csrr(VALUE, 0x143);
    mix(handler, VALUE);
    handler.csrr(VALUE, SEPC);
    mix(handler, VALUE);
    handler.addi(VALUE, VALUE, 4).raw(branch(1, IS_CALL, 4 + call.size())).append(call);
    program.handler(handler.csrw(SEPC, VALUE).raw(SRET));
  }

  /** s2 = 31 s2 + register. */
  private static void mix(Program to, int register) {
    to.raw(5 << 20 | HASH << 15 | 1 << 12 | SCRATCH << 7 | 0x13);
    to.raw(sub(HASH, SCRATCH, HASH)).raw(register << 20 | HASH << 15 | HASH << 7 | 0x33);
  }

  private static int sub(int rd, int rs1, int rs2) {
    return 0x20 << 25 | rs2 << 20 | rs1 << 15 | rd << 7 | 0x33;
  }

  private static int jump(int offset) {
    return (offset >> 1 & 0x3ff) << 21 | (offset >> 11 & 1) << 20 | (offset >> 12) << 12 | 0x6f;
  }

  /** BEQ (0), BNE (1) or BGE (5) against x0, forward. */
  private static int branch(int funct3, int rs1, int offset) {
    return (offset >> 5 & 0x3f) << 25 | rs1 << 15 | funct3 << 12 | (offset >> 1 & 15) << 8 | 0x63;
  }

  // ---- tables ------------------------------------------------------------------------------

  private void tables() {
    for (int root = 0; root < 2; root++) {
      long table = root(root);
      for (int level = levels; level > 3; level--) {
        set(table, 0, pointer(table + PAGE));
        table += PAGE;
      }
      set(table, 1, pointer(frame(root)));
      set(table, 2, pointer(table + PAGE));
      set(table, 3, pointer(table + 2 * PAGE));
      set(table + PAGE, 1, leaf(Program.START, 0xcf));
      set(table + PAGE, 2, leaf(PLAYGROUND, 0xc7));
      set(table + 2 * PAGE, 1, leaf(Program.START, 0xdb));
      set(frame(root), 0, pointer(frame(2)));
      set(frame(root), 1, pointer(frame(3)));
      set(frame(root), 2, leaf(PLAYGROUND, 0xc7));
    }
    for (int i = 0; i < 8; i++) {
      set(frame(2), i, leaf(frame(2 + i), 0xc7));
      set(frame(3), i, leaf(frame(15 - i), 0xd7));
    }
  }

  private static long root(int number) {
    return ROOTS + number * 8 * PAGE;
  }

  private static long frame(int number) {
    return PLAYGROUND + (long) number * PAGE;
  }

  private static long pointer(long gpa) {
    return gpa >>> 12 << 10 | 1;
  }

  private static long leaf(long gpa, int flags) {
    return gpa >>> 12 << 10 | flags;
  }

  private void set(long table, int index, long entry) {
    program.li(A0, entry).li(T0, table + 8L * index).store(3, A0, T0, 0);
  }

  // ---- steps -------------------------------------------------------------------------------

  private void step() {
    switch (random.nextInt(16)) {
      case 0, 1 -> changeEntry();
      case 2 -> switchRoot();
      case 3 -> program.li(A0, random.nextLong()).raw(odd());
      case 4 -> csr();
      case 5 -> timer();
      case 6, 7 -> user();
      case 8 -> program.li(T0, address()).li(A1, random.nextInt(3)).raw(fence());
      default -> {
        access();
        afterStore();
      }
    }
  }

  private void afterStore() {
    if (lawful || random.nextBoolean()) {
      program.raw(SFENCE);
    }
  }

  private int odd() {
    return ODD[random.nextInt(ODD.length)];
  }

  /** SFENCE.VMA or SINVAL.VMA of t0 or all, a1 or all. */
  private int fence() {
    int instruction = SFENCE + (random.nextBoolean() ? 1 << 26 : 0);
    return instruction
        | (random.nextBoolean() ? T0 << 15 : 0)
        | (random.nextBoolean() ? A1 << 20 : 0);
  }

  /** An entry of any kind, written through the one-to-one mapping. */
  private void changeEntry() {
    if (lawful) {
      set(frame(random.nextInt(8)), random.nextInt(10), entry());
    } else if (random.nextInt(10) > 0) {
      // Not 0, 2 and 3, which may lead to the code.
      int[] spared = {1, 4, 5, 6, 7, 8, 9};
      set(frame(random.nextInt(FRAMES)), spared[random.nextInt(spared.length)], entry());
    } else {
      set(
          root(random.nextInt(2)) + PAGE * random.nextInt(levels - 2),
          4 + random.nextInt(6),
          entry());
    }
    afterStore();
  }

  private long entry() {
    long target =
        switch (random.nextInt(12)) {
          case 0 -> GuestLayout.UART;
          case 1 -> GuestLayout.PLIC;
          case 2 -> 0x2000_0000L;
          case 3 -> random.nextLong() & (1L << 56) - 1;
          case 4 -> PLAYGROUND;
          case 5 -> lawful ? frame(0) : ROOTS + PAGE * random.nextInt(16);
          case 6 -> lawful ? frame(1) : ROOTS;
          default -> frame(random.nextInt(FRAMES));
        };
    int flags =
        switch (random.nextInt(6)) {
          case 0 -> random.nextInt(1024);
          case 1, 2 -> 1;
          default -> 0xc7 | random.nextInt(32) & 0x38;
        };
    long high = random.nextInt(12) == 0 ? random.nextLong() & -1L << 54 : 0;
    return leaf(target, flags) | high;
  }

  private void switchRoot() {
    if (!lawful && random.nextBoolean()) {
      switchAnywhere();
      return;
    }
    rootInUse = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(2);
    long satp = 0;
    if (rootInUse > 0) {
      satp = (long) (levels + 5) << 60 | (long) rootInUse << 44 | root(rootInUse - 1) >>> 12;
    }
    program.li(A0, satp).csrw(SATP, A0).raw(SFENCE);
  }

  /** Makes one of the frames a root that leads to the code and to itself. */
  private void switchAnywhere() {
    long root = frame(12 + random.nextInt(4));
    boolean small = random.nextBoolean();
    long table = root(0) + PAGE * (levels - 3);
    set(root, 4, pointer(root));
    if (small || levels == 3) {
      set(root, 2, pointer(table + PAGE));
      set(root, 3, pointer(table + 2 * PAGE));
    } else {
      set(root, 0, pointer(root(0) + PAGE));
    }
    long mode = small ? 8 : levels + 5;
    program.li(A0, mode << 60 | (long) random.nextInt(4) << 44 | root >>> 12);
    program.csrw(SATP, A0);
    afterStore();
    rootInUse = 1;
  }

  private void csr() {
    int csr = CSRS[random.nextInt(CSRS.length)];
    if (csr == SSTATUS) {
      // SUM and MXR
      program.li(A0, (long) random.nextInt(4) << 18);
      program.raw(csr << 20 | A0 << 15 | (2 + random.nextInt(2)) << 12 | A1 << 7 | 0x73);
    } else if (csr == 0x140 || csr == 0x106) {
      program.li(A0, random.nextInt(8)).raw(csr << 20 | A0 << 15 | 1 << 12 | A1 << 7 | 0x73);
    } else {
      program.csrr(A1, csr);
    }
    mix(program, A1);
  }

  /** A timer interrupt within the next steps, or after waiting for it. */
  private void timer() {
    boolean wait = random.nextBoolean();
    program.raw(wait ? DISABLE : ENABLE);
    program.csrr(A0, 0xc01).addi(A0, A0, random.nextInt(4)).csrw(STIMECMP, A0);
    if (wait) {
      program.wfi().raw(ENABLE);
    }
  }

  /** Some accesses from U-mode; a store is the last, so that a fence follows. */
  private void user() {
    if (rootInUse == 0) {
      return;
    }
    program.raw(DISABLE); // an interrupt would change sepc
    program.raw(T0 << 7 | 0x17).li(T1, USER_OFFSET).raw(T1 << 20 | T0 << 15 | T0 << 7 | 0x33);
    program.addi(T0, T0, 32).csrw(SEPC, T0).li(T1, 0x100).raw(SSTATUS << 20 | T1 << 15 | 0x3073);
    program.raw(SRET);
    for (int i = random.nextInt(3); i > 0; i--) {
      program.li(T0, address()).load(random.nextInt(7), A0, T0, 0);
      mix(program, A0);
    }
    access();
    program.ecall();
    afterStore();
  }

  private void access() {
    program.li(T0, address()).li(A0, random.nextLong());
    int word = 2 + random.nextInt(2);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> program.load(random.nextInt(7), A0, T0, random.nextInt(32) - 16);
      case 3, 4 -> program.store(random.nextInt(4), A0, T0, random.nextInt(32) - 16);
      case 5 -> program.store(3, A0, T0, 0);
      case 6 -> program.raw(amo() << 27 | A0 << 20 | T0 << 15 | word << 12 | A0 << 7 | 0x2f);
      case 7 -> program.raw(cacheBlock() << 20 | T0 << 15 | 2 << 12 | 0x0f);
      case 8 -> {
        program.raw(2 << 27 | T0 << 15 | word << 12 | A1 << 7 | 0x2f);
        program.raw(3 << 27 | A0 << 20 | T0 << 15 | word << 12 | A0 << 7 | 0x2f);
      }
      default -> {
        // c.ld a0, 0(a1); c.sd a0, 8(a1) with a1 = t0; c.nop, for traps skip 4 bytes
        program.addi(A1, T0, 0).compressed(0x6188).compressed(0xe588).compressed(1).compressed(1);
      }
    }
    mix(program, A0);
  }

  /** Zero, invalidate, clean or flush. */
  private int cacheBlock() {
    return random.nextBoolean() ? 4 : random.nextInt(3);
  }

  private int amo() {
    int[] operations = {0, 1, 4, 8, 12, 16, 20, 24, 28, 2};
    return operations[random.nextInt(operations.length)];
  }

  private long address() {
    long base =
        switch (random.nextInt(12)) {
          case 0 -> GuestLayout.UART + 7;
          case 1 -> frame(random.nextInt(FRAMES));
          case 2 -> random.nextLong();
          case 3 -> GuestLayout.RAM + (16 << 20) - 4;
          default -> WINDOW + (random.nextInt(3) << 21) + (long) random.nextInt(9) * PAGE;
        };
    return switch (random.nextInt(5)) {
      case 0 -> base;
      case 1 -> base + random.nextInt(80);
      case 2 -> base - random.nextInt(8);
      default -> base + 8L * random.nextInt(10);
    };
  }
}
