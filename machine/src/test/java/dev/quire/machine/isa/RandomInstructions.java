package dev.quire.machine.isa;

import dev.quire.machine.isa.InstructionTable.Operation;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Draws the body of a random program, one {@link Unit} at a time. x2, x8 and x31 hold the middle of
 * the buffer and x29 the loop count, so nothing drawn here writes them; x30 is scratch. Every unit
 * ends in the unit behind it or, for a branch, up to three units further.
 */
final class RandomInstructions {
  private static final int COUNTER = 29;
  private static final int SCRATCH = 30;
  private static final int BUFFER = 31;

  /**
   * Instructions that belong together. {@code skips} > 0: {@code branch} is put behind them, made
   * to jump over so many following units.
   */
  record Unit(String name, List<Instruction> instructions, int skips, Branch branch) {
    int size() {
      int own = instructions.stream().mapToInt(Instruction::size).sum();
      return own + (skips > 0 ? branch.size() : 0);
    }
  }

  record Instruction(int bits, int size) {}

  /** An encoding that lacks its distance, and which format the distance takes. */
  record Branch(int bits, Distance distance) {
    int size() {
      return distance == Distance.CB || distance == Distance.CJ ? 2 : 4;
    }
  }

  /** Instruction formats by how they hold a distance; JALR's base is the auipc before it. */
  enum Distance {
    B,
    J,
    JALR,
    CB,
    CJ
  }

  private static final Branch NO_BRANCH = new Branch(0, Distance.B);

  private final RandomGenerator random;
  private final CompressedInstructions compressed;

  RandomInstructions(RandomGenerator random) {
    this.random = random;
    this.compressed = new CompressedInstructions(random);
  }

  Unit next() {
    int kind = random.nextInt(100);
    if (kind < 22) {
      return plain(pick(InstructionTable.INTEGER));
    } else if (kind < 34) {
      return plain(pick(InstructionTable.BITS));
    } else if (kind < 56) {
      return plain(pick(InstructionTable.FLOATING));
    } else if (kind < 70) {
      return plain(pick(InstructionTable.MEMORY));
    } else if (kind < 85) {
      var drawn = compressed.next();
      return unit(drawn.name(), List.of(new Instruction(drawn.bits(), 2)));
    } else if (kind < 90) {
      return atomic();
    } else if (kind < 93) {
      return floatingStatus();
    }
    return jump();
  }

  private static Unit unit(String name, List<Instruction> instructions) {
    return new Unit(name, instructions, 0, NO_BRANCH);
  }

  private Unit plain(Operation operation) {
    return unit(operation.name(), List.of(new Instruction(fill(operation), 4)));
  }

  private int fill(Operation operation) {
    int bits = operation.bits() | (operation.rounds() ? roundingMode() << 12 : 0);
    return bits
        | switch (operation.shape()) {
          case R -> rd() | rs1() | rs2();
          case R1 -> rd() | rs1();
          case I -> rd() | rs1() | random.nextInt() << 20;
          case S6 -> rd() | rs1() | random.nextInt(64) << 20;
          case S5 -> rd() | rs1() | random.nextInt(32) << 20;
          case U -> rd() | random.nextInt() << 12;
          case F -> fd() | rs1() | rs2();
          case F1 -> fd() | rs1();
          case F4 -> fd() | rs1() | rs2() | random.nextInt(32) << 27;
          case L -> rd() | BUFFER << 15 | random.nextInt() << 20;
          case LF -> fd() | BUFFER << 15 | random.nextInt() << 20;
          case ST -> fd() | BUFFER << 15 | rs2() | random.nextInt() << 25;
          case A, B -> throw new IllegalArgumentException(operation.name());
        };
  }

  private Unit atomic() {
    boolean wide = random.nextBoolean();
    int width = wide ? 1 << 12 : 0;
    int order = random.nextInt(4) << 25;
    int address = random.nextInt(-256, 256) * 8 + (wide ? 0 : random.nextInt(2) * 4);
    var setAddress = new Instruction(address << 20 | BUFFER << 15 | SCRATCH << 7 | 0x13, 4);
    int base = width | order | SCRATCH << 15;
    var store = new Instruction(InstructionTable.SC | base | rd() | rs2(), 4);
    return switch (random.nextInt(8)) {
      case 0 -> unit("sc without lr", List.of(setAddress, store));
      case 1, 2 -> {
        var load = new Instruction(InstructionTable.LR | base | rd(), 4);
        yield unit("lr, sc", List.of(setAddress, load, store));
      }
      default -> {
        Operation operation = pick(InstructionTable.ATOMICS);
        var atomic = new Instruction(operation.bits() | base | rd() | rs2(), 4);
        yield unit(operation.name(), List.of(setAddress, atomic));
      }
    };
  }

  /**
   * Reads and writes of fflags, frm (0 to 4 only: others make later instructions illegal), fcsr.
   */
  private Unit floatingStatus() {
    int bits =
        switch (random.nextInt(6)) {
          case 0 -> csr(3, 2, 0); // csrrs rd, fcsr, x0
          case 1 -> csr(2, 5, random.nextInt(5)); // csrrwi rd, frm, mode
          case 2 -> csr(1, 5, random.nextInt(32)); // csrrwi rd, fflags, flags
          case 3 -> csr(1, 6, random.nextInt(32)); // csrrsi
          case 4 -> csr(1, 7, random.nextInt(32)); // csrrci
          default -> csr(1, 1, random.nextInt(28)); // csrrw rd, fflags, rs1
        };
    return unit("csr of floating point", List.of(new Instruction(bits, 4)));
  }

  private int csr(int number, int funct3, int source) {
    return number << 20 | source << 15 | funct3 << 12 | rd() | 0x73;
  }

  private Unit jump() {
    int skips = 1 + random.nextInt(3);
    int near = random.nextInt(8) << 7; // rs1' of the compressed branches
    return switch (random.nextInt(10)) {
      case 0 -> new Unit("jal", List.of(), skips, new Branch(0x6f | rd(), Distance.J));
      case 1 -> {
        var here = new Instruction(SCRATCH << 7 | 0x17, 4); // auipc x30, 0
        int bits = 0x67 | rd() | SCRATCH << 15;
        yield new Unit("jalr", List.of(here), skips, new Branch(bits, Distance.JALR));
      }
      case 2 -> new Unit("c.j", List.of(), skips, new Branch(0xa001, Distance.CJ));
      case 3 -> new Unit("c.beqz", List.of(), skips, new Branch(0xc001 | near, Distance.CB));
      case 4 -> new Unit("c.bnez", List.of(), skips, new Branch(0xe001 | near, Distance.CB));
      default -> {
        Operation operation = pick(InstructionTable.BRANCHES);
        int bits = operation.bits() | rs1() | rs2();
        yield new Unit(operation.name(), List.of(), skips, new Branch(bits, Distance.B));
      }
    };
  }

  private int roundingMode() {
    int mode = random.nextInt(8);
    return mode > 4 ? 7 : mode;
  }

  private int rd() {
    return writable(random) << 7;
  }

  /** A register that programs may write; x0 is one. */
  static int writable(RandomGenerator random) {
    int register = random.nextInt(COUNTER);
    return register == 2 || register == 8 ? 0 : register;
  }

  private int fd() {
    return random.nextInt(32) << 7;
  }

  private int rs1() {
    return random.nextInt(32) << 15;
  }

  private int rs2() {
    return random.nextInt(32) << 20;
  }

  private Operation pick(List<Operation> operations) {
    return operations.get(random.nextInt(operations.size()));
  }
}
