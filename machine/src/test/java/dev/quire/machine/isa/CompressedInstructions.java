package dev.quire.machine.isa;

import java.util.List;
import java.util.random.RandomGenerator;

/** Draws 16-bit instructions that do not jump (unprivileged manual, chapter "C"). */
final class CompressedInstructions {
  record Drawn(String name, int bits) {}

  /** Which fields of the 16 bits may be chosen freely. */
  private enum Shape {
    /** rd in 11..7, not 0 and not reserved; 6-bit immediate, not 0, in 12 and 6..2. */
    CI,
    /** As CI with any immediate. */
    CI0,
    /** Integer rd in 11..7 and an immediate: loads from x2. */
    LSP,
    /** Floating-point rd in 11..7 and an immediate: loads from x2. */
    FLSP,
    /** rs2 in 6..2, immediate in 12..7: stores to x2. */
    SSP,
    /** rd' in 4..2, immediate in 12..5, not 0. */
    CIW,
    /** Loads and stores at x8: a register of x9..x15, or of any kind, in 4..2. */
    CL,
    CS,
    /** rd' in 9..7, 6-bit immediate in 12 and 6..2. */
    CB,
    /** rd' in 9..7, rs2' in 4..2. */
    CA,
    /** rd in 11..7, rs2 in 6..2, neither 0. */
    CR
  }

  private record Form(String name, Shape shape, int bits) {}

  private static final List<Form> FORMS =
      List.of(
          new Form("c.addi4spn", Shape.CIW, 0x0000),
          new Form("c.fld", Shape.CS, 0x2000),
          new Form("c.lw", Shape.CL, 0x4000),
          new Form("c.ld", Shape.CL, 0x6000),
          new Form("c.fsd", Shape.CS, 0xa000),
          new Form("c.sw", Shape.CS, 0xc000),
          new Form("c.sd", Shape.CS, 0xe000),
          new Form("c.addi", Shape.CI, 0x0001),
          new Form("c.addiw", Shape.CI0, 0x2001),
          new Form("c.li", Shape.CI0, 0x4001),
          new Form("c.lui", Shape.CI, 0x6001),
          new Form("c.srli", Shape.CB, 0x8001),
          new Form("c.srai", Shape.CB, 0x8401),
          new Form("c.andi", Shape.CB, 0x8801),
          new Form("c.sub", Shape.CA, 0x8c01),
          new Form("c.xor", Shape.CA, 0x8c21),
          new Form("c.or", Shape.CA, 0x8c41),
          new Form("c.and", Shape.CA, 0x8c61),
          new Form("c.subw", Shape.CA, 0x9c01),
          new Form("c.addw", Shape.CA, 0x9c21),
          new Form("c.slli", Shape.CI, 0x0002),
          new Form("c.fldsp", Shape.FLSP, 0x2002),
          new Form("c.lwsp", Shape.LSP, 0x4002),
          new Form("c.ldsp", Shape.LSP, 0x6002),
          new Form("c.mv", Shape.CR, 0x8002),
          new Form("c.add", Shape.CR, 0x9002),
          new Form("c.fsdsp", Shape.SSP, 0xa002),
          new Form("c.swsp", Shape.SSP, 0xc002),
          new Form("c.sdsp", Shape.SSP, 0xe002));

  private final RandomGenerator random;

  CompressedInstructions(RandomGenerator random) {
    this.random = random;
  }

  Drawn next() {
    Form form = FORMS.get(random.nextInt(FORMS.size()));
    int fields =
        switch (form.shape()) {
          case CI -> rd() | immediate(1 + random.nextInt(63));
          case CI0, LSP -> rd() | immediate(random.nextInt(64));
          case FLSP -> random.nextInt(32) << 7 | immediate(random.nextInt(64));
          case SSP -> random.nextInt(32) << 2 | random.nextInt(64) << 7;
          case CIW -> near() << 2 | (1 + random.nextInt(255)) << 5;
          case CL -> near() << 2 | random.nextInt(4) << 5 | random.nextInt(8) << 10;
          case CS -> random.nextInt(8) << 2 | random.nextInt(4) << 5 | random.nextInt(8) << 10;
          case CB -> near() << 7 | immediate(random.nextInt(64));
          case CA -> near() << 7 | random.nextInt(8) << 2;
          case CR -> rd() | (1 + random.nextInt(31)) << 2;
        };
    return new Drawn(form.name(), form.bits() | fields);
  }

  private static int immediate(int value) {
    return (value & 32) << 7 | (value & 31) << 2;
  }

  /** x9..x15 by the short number; x8 (0) holds the buffer. */
  private int near() {
    return 1 + random.nextInt(7);
  }

  private int rd() {
    int register = RandomInstructions.writable(random);
    return (register == 0 ? 1 : register) << 7;
  }
}
