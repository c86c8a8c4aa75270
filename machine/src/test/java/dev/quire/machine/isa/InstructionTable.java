package dev.quire.machine.isa;

import java.util.List;

/**
 * The 32-bit instructions of the random programs as fields of their encodings. One line each:
 * shape, name, opcode, funct3 ({@code -}: a rounding mode), funct7, and rs2 where it is part of the
 * operation; all but funct3 and rs2 hexadecimal.
 */
final class InstructionTable {
  /** What may be chosen freely in an encoding. */
  enum Shape {
    /** Integer rd (from integer or floating-point sources); rs1, rs2. */
    R,
    /** Integer rd; rs1; rs2 is part of the operation. */
    R1,
    /** Integer rd; rs1; 12-bit immediate. */
    I,
    /** Integer rd; rs1; 6-bit and 5-bit shift amount. */
    S6,
    S5,
    /** Integer rd; 20-bit immediate. */
    U,
    /** Floating-point rd; rs1, rs2. */
    F,
    /** Floating-point rd; rs1; rs2 is part of the operation. */
    F1,
    /** Floating-point rd; rs1, rs2, rs3; funct7 holds the format. */
    F4,
    /** Loads to integer and floating-point registers. */
    L,
    LF,
    /** Stores of either kind. */
    ST,
    /** Conditional branches. */
    B,
    /** Read-modify-write; funct7 without aq and rl. */
    A
  }

  /**
   * {@code bits} has every fixed field in place; {@code rounds}: bits 14..12 are a rounding mode.
   */
  record Operation(Shape shape, String name, int bits, boolean rounds) {}

  static final List<Operation> INTEGER =
      parse(
          """
          R add 33 0 00
          R sub 33 0 20
          R sll 33 1 00
          R slt 33 2 00
          R sltu 33 3 00
          R xor 33 4 00
          R srl 33 5 00
          R sra 33 5 20
          R or 33 6 00
          R and 33 7 00
          R addw 3b 0 00
          R subw 3b 0 20
          R sllw 3b 1 00
          R srlw 3b 5 00
          R sraw 3b 5 20
          I addi 13 0 00
          I slti 13 2 00
          I sltiu 13 3 00
          I xori 13 4 00
          I ori 13 6 00
          I andi 13 7 00
          I addiw 1b 0 00
          S6 slli 13 1 00
          S6 srli 13 5 00
          S6 srai 13 5 20
          S5 slliw 1b 1 00
          S5 srliw 1b 5 00
          S5 sraiw 1b 5 20
          U lui 37 0 00
          U auipc 17 0 00
          R mul 33 0 01
          R mulh 33 1 01
          R mulhsu 33 2 01
          R mulhu 33 3 01
          R div 33 4 01
          R divu 33 5 01
          R rem 33 6 01
          R remu 33 7 01
          R mulw 3b 0 01
          R divw 3b 4 01
          R divuw 3b 5 01
          R remw 3b 6 01
          R remuw 3b 7 01
          """);

  /** All of Zba, Zbb, Zbs but ctzw: QEMU before 8.0 counts beyond the word. */
  static final List<Operation> BITS =
      parse(
          """
          R add.uw 3b 0 04
          R sh1add 33 2 10
          R sh2add 33 4 10
          R sh3add 33 6 10
          R sh1add.uw 3b 2 10
          R sh2add.uw 3b 4 10
          R sh3add.uw 3b 6 10
          S6 slli.uw 1b 1 04
          R andn 33 7 20
          R orn 33 6 20
          R xnor 33 4 20
          R max 33 6 05
          R maxu 33 7 05
          R min 33 4 05
          R minu 33 5 05
          R rol 33 1 30
          R ror 33 5 30
          R rolw 3b 1 30
          R rorw 3b 5 30
          S6 rori 13 5 30
          S5 roriw 1b 5 30
          R1 zext.h 3b 4 04 0
          R1 clz 13 1 30 0
          R1 ctz 13 1 30 1
          R1 cpop 13 1 30 2
          R1 sext.b 13 1 30 4
          R1 sext.h 13 1 30 5
          R1 clzw 1b 1 30 0
          R1 cpopw 1b 1 30 2
          R1 orc.b 13 5 14 7
          R1 rev8 13 5 35 24
          R bclr 33 1 24
          R bext 33 5 24
          R binv 33 1 34
          R bset 33 1 14
          S6 bclri 13 1 24
          S6 bexti 13 5 24
          S6 binvi 13 1 34
          S6 bseti 13 1 14
          """);

  static final List<Operation> FLOATING =
      parse(
          """
          F4 fmadd.s 43 - 00
          F4 fmsub.s 47 - 00
          F4 fnmsub.s 4b - 00
          F4 fnmadd.s 4f - 00
          F4 fmadd.d 43 - 01
          F4 fmsub.d 47 - 01
          F4 fnmsub.d 4b - 01
          F4 fnmadd.d 4f - 01
          F fadd.s 53 - 00
          F fsub.s 53 - 04
          F fmul.s 53 - 08
          F fdiv.s 53 - 0c
          F1 fsqrt.s 53 - 2c 0
          F fsgnj.s 53 0 10
          F fsgnjn.s 53 1 10
          F fsgnjx.s 53 2 10
          F fmin.s 53 0 14
          F fmax.s 53 1 14
          R feq.s 53 2 50
          R flt.s 53 1 50
          R fle.s 53 0 50
          R1 fclass.s 53 1 70 0
          R1 fmv.x.w 53 0 70 0
          F1 fmv.w.x 53 0 78 0
          R1 fcvt.w.s 53 - 60 0
          R1 fcvt.wu.s 53 - 60 1
          R1 fcvt.l.s 53 - 60 2
          R1 fcvt.lu.s 53 - 60 3
          F1 fcvt.s.w 53 - 68 0
          F1 fcvt.s.wu 53 - 68 1
          F1 fcvt.s.l 53 - 68 2
          F1 fcvt.s.lu 53 - 68 3
          F fadd.d 53 - 01
          F fsub.d 53 - 05
          F fmul.d 53 - 09
          F fdiv.d 53 - 0d
          F1 fsqrt.d 53 - 2d 0
          F fsgnj.d 53 0 11
          F fsgnjn.d 53 1 11
          F fsgnjx.d 53 2 11
          F fmin.d 53 0 15
          F fmax.d 53 1 15
          R feq.d 53 2 51
          R flt.d 53 1 51
          R fle.d 53 0 51
          R1 fclass.d 53 1 71 0
          R1 fmv.x.d 53 0 71 0
          F1 fmv.d.x 53 0 79 0
          F1 fcvt.s.d 53 - 20 1
          F1 fcvt.d.s 53 0 21 0
          R1 fcvt.w.d 53 - 61 0
          R1 fcvt.wu.d 53 - 61 1
          R1 fcvt.l.d 53 - 61 2
          R1 fcvt.lu.d 53 - 61 3
          F1 fcvt.d.w 53 0 69 0
          F1 fcvt.d.wu 53 0 69 1
          F1 fcvt.d.l 53 - 69 2
          F1 fcvt.d.lu 53 - 69 3
          """);

  static final List<Operation> MEMORY =
      parse(
          """
          L lb 03 0 00
          L lh 03 1 00
          L lw 03 2 00
          L ld 03 3 00
          L lbu 03 4 00
          L lhu 03 5 00
          L lwu 03 6 00
          LF flw 07 2 00
          LF fld 07 3 00
          ST sb 23 0 00
          ST sh 23 1 00
          ST sw 23 2 00
          ST sd 23 3 00
          ST fsw 27 2 00
          ST fsd 27 3 00
          """);

  static final List<Operation> BRANCHES =
      parse(
          """
          B beq 63 0 00
          B bne 63 1 00
          B blt 63 4 00
          B bge 63 5 00
          B bltu 63 6 00
          B bgeu 63 7 00
          """);

  /** The word forms; bit 12 makes the doubleword form. */
  static final List<Operation> ATOMICS =
      parse(
          """
          A amoadd 2f 2 00
          A amoswap 2f 2 04
          A amoxor 2f 2 10
          A amoor 2f 2 20
          A amoand 2f 2 30
          A amomin 2f 2 40
          A amomax 2f 2 50
          A amominu 2f 2 60
          A amomaxu 2f 2 70
          """);

  static final int LR = 0x1000_202f;
  static final int SC = 0x1800_202f;

  private InstructionTable() {}

  private static List<Operation> parse(String table) {
    return table.lines().map(InstructionTable::operation).toList();
  }

  private static Operation operation(String line) {
    List<String> field = List.of(line.split(" "));
    boolean rounds = field.get(3).equals("-");
    int bits = Integer.parseInt(field.get(2), 16) | Integer.parseInt(field.get(4), 16) << 25;
    bits |= rounds ? 0 : Integer.parseInt(field.get(3)) << 12;
    bits |= field.size() > 5 ? Integer.parseInt(field.get(5)) << 20 : 0;
    return new Operation(Shape.valueOf(field.get(0)), field.get(1), bits, rounds);
  }
}
