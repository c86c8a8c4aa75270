package dev.quire.machine.isa;

import dev.quire.machine.isa.RandomInstructions.Branch;
import dev.quire.machine.isa.RandomInstructions.Instruction;
import dev.quire.machine.isa.RandomInstructions.Unit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * A user program of random instructions: it loads all registers, runs its body a few times, stores
 * all registers, and hands them and its buffer to write(1), then exits. Its image, to be placed at
 * {@link #BASE}, needs no relocation:
 *
 * <pre>
 *   0x01000  code
 *   0x10000  first values of x1..x31 and f0..f31
 *   0x11000  dump: x0..x31, f0..f31, fcsr
 *   0x12000  buffer, 8 KiB; x2, x8 and x31 point to its middle
 * </pre>
 */
final class RandomProgram {
  static final long BASE = 0x8000_0000L;
  static final long ENTRY = BASE + 0x1000;
  static final int DUMP = 0x11000;
  static final int DUMP_SIZE = 0x3000;
  static final int REGISTERS = 65;

  private static final int CODE = 0x1000;
  private static final int TABLE = 0x10000;
  private static final int BUFFER = 0x12000;
  private static final int MIDDLE = 0x13000;
  private static final int SIZE = 0x14000;
  private static final int PASSES = 3;

  private static final long[] EDGES = {
    0,
    1,
    -1,
    Long.MIN_VALUE,
    Long.MAX_VALUE,
    0x8000_0000L,
    0x7fff_ffffL,
    0xffff_ffffL,
    Double.doubleToRawLongBits(1.0),
    Double.doubleToRawLongBits(-0.5),
    0x7ff0_0000_0000_0000L, // infinity
    0x7ff8_0000_0000_0000L, // quiet NaN
    0xfff0_0000_0000_0001L, // signalling NaN
    0x0010_0000_0000_0000L, // smallest normal
    0x000f_ffff_ffff_ffffL, // largest subnormal
    0x7fef_ffff_ffff_ffffL, // largest
    0xffff_ffff_3f80_0000L, // boxed 1.0f
    0xffff_ffff_7f80_0000L, // boxed infinity
    0xffff_ffff_ff80_0001L, // boxed signalling NaN
    0xffff_ffff_0080_0000L, // boxed smallest normal
    0xffff_ffff_807f_ffffL, // boxed subnormal
    0xffff_ffff_7f7f_ffffL, // boxed largest
    0x0000_0000_3f80_0000L, // 1.0f not boxed
    0x41df_ffff_ffe0_0000L, // about 2^31
    0x43df_ffff_ffff_ffffL, // just below 2^63
  };

  private final List<Unit> body;
  private final long seed;

  private RandomProgram(long seed, List<Unit> body) {
    this.seed = seed;
    this.body = body;
  }

  static RandomProgram of(long seed, int units) {
    var random = new Random(seed);
    var instructions = new RandomInstructions(random);
    var body = new ArrayList<Unit>();
    for (int i = 0; i < units; i++) {
      body.add(instructions.next());
    }
    return new RandomProgram(seed, body);
  }

  /** The same program without all but its first units. */
  RandomProgram first(int units) {
    return new RandomProgram(seed, body.subList(0, units));
  }

  String unit(int index) {
    return body.get(index).name();
  }

  byte[] image() {
    var image = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    var random = new Random(~seed);
    for (int at = TABLE; at < DUMP; at += 8) {
      image.putLong(at, value(random));
    }
    for (int at = BUFFER; at < SIZE; at += 8) {
      image.putLong(at, value(random));
    }
    image.position(CODE);
    prologue(image);
    int loop = image.position();
    for (int i = 0; i < body.size(); i++) {
      emit(image, i);
    }
    word(image, -1 << 20 | 29 << 15 | 29 << 7 | 0x13); // addi x29, x29, -1
    word(image, 8 << 7 | 29 << 15 | 0x63); // beqz x29, 1f
    word(image, 0x6f | spreadJ(loop - image.position())); // j loop
    epilogue(image);
    return image.array();
  }

  private static long value(RandomGenerator random) {
    long bits = random.nextLong();
    return switch (random.nextInt(6)) {
      case 0, 1 -> EDGES[random.nextInt(EDGES.length)];
      case 2 -> bits >> random.nextInt(64);
      case 3 -> 0xffff_ffff_0000_0000L | Float.floatToRawIntBits((float) random.nextGaussian());
      case 4 -> Double.doubleToRawLongBits(random.nextGaussian() * (1L << random.nextInt(62)));
      default -> bits;
    };
  }

  private static void prologue(ByteBuffer code) {
    address(code, 30, TABLE);
    for (int i = 0; i < 32; i++) {
      word(code, 256 + 8 * i << 20 | 30 << 15 | 3 << 12 | i << 7 | 0x07); // fld
    }
    for (int i = 1; i < 30; i++) {
      word(code, 8 * i << 20 | 30 << 15 | 3 << 12 | i << 7 | 0x03); // ld
    }
    address(code, 31, MIDDLE);
    word(code, 31 << 15 | 2 << 7 | 0x13); // mv x2, x31
    word(code, 31 << 15 | 8 << 7 | 0x13); // mv x8, x31
    word(code, PASSES << 20 | 29 << 7 | 0x13); // li x29, PASSES
  }

  private static void epilogue(ByteBuffer code) {
    address(code, 30, DUMP);
    for (int i = 0; i < 30; i++) {
      store(code, i, 8 * i, 0x23);
    }
    for (int i = 0; i < 32; i++) {
      store(code, i, 256 + 8 * i, 0x27);
    }
    word(code, 0x003 << 20 | 2 << 12 | 1 << 7 | 0x73); // frcsr x1
    store(code, 1, 512, 0x23);
    word(code, 1 << 20 | 10 << 7 | 0x13); // li a0, 1
    word(code, 30 << 15 | 11 << 7 | 0x13); // mv a1, x30
    word(code, DUMP_SIZE | 12 << 7 | 0x37); // lui a2, DUMP_SIZE
    word(code, 64 << 20 | 17 << 7 | 0x13); // li a7, write
    word(code, 0x73); // ecall
    word(code, 10 << 7 | 0x13); // li a0, 0
    word(code, 93 << 20 | 17 << 7 | 0x13); // li a7, exit
    word(code, 0x73); // ecall
  }

  /** sd or fsd {@code register} at x30 + {@code offset}. */
  private static void store(ByteBuffer code, int register, int offset, int opcode) {
    int place = offset >> 5 << 25 | (offset & 31) << 7;
    word(code, place | register << 20 | 30 << 15 | 3 << 12 | opcode);
  }

  /** auipc, addi: {@code register} = BASE + {@code offset}. */
  private static void address(ByteBuffer code, int register, int offset) {
    int distance = offset - code.position();
    int low = distance << 20 >> 20;
    word(code, distance - low | register << 7 | 0x17);
    word(code, low << 20 | register << 15 | register << 7 | 0x13);
  }

  private static void word(ByteBuffer code, int bits) {
    code.putInt(bits);
  }

  private void emit(ByteBuffer code, int index) {
    Unit unit = body.get(index);
    for (Instruction instruction : unit.instructions()) {
      put(code, instruction.bits(), instruction.size());
    }
    if (unit.skips() == 0) {
      return;
    }
    Branch branch = unit.branch();
    int distance = branch.size();
    for (int i = 1; i <= unit.skips() && index + i < body.size(); i++) {
      distance += body.get(index + i).size();
    }
    int field =
        switch (branch.distance()) {
          case B -> spreadB(distance);
          case J -> spreadJ(distance);
          case JALR -> distance + 4 << 20; // from the auipc
          case CB -> spreadCb(distance);
          case CJ -> spreadCj(distance);
        };
    put(code, branch.bits() | field, branch.size());
  }

  private static void put(ByteBuffer code, int bits, int size) {
    if (size == 2) {
      code.putShort((short) bits);
    } else {
      code.putInt(bits);
    }
  }

  private static int bits(int value, int high, int low, int to) {
    return (value >> low & (1 << high - low + 1) - 1) << to;
  }

  private static int spreadB(int d) {
    return bits(d, 12, 12, 31) | bits(d, 10, 5, 25) | bits(d, 4, 1, 8) | bits(d, 11, 11, 7);
  }

  private static int spreadJ(int d) {
    return bits(d, 20, 20, 31) | bits(d, 10, 1, 21) | bits(d, 11, 11, 20) | bits(d, 19, 12, 12);
  }

  private static int spreadCb(int d) {
    return bits(d, 8, 8, 12)
        | bits(d, 4, 3, 10)
        | bits(d, 7, 6, 5)
        | bits(d, 2, 1, 3)
        | bits(d, 5, 5, 2);
  }

  private static int spreadCj(int d) {
    return bits(d, 11, 11, 12)
        | bits(d, 4, 4, 11)
        | bits(d, 9, 8, 9)
        | bits(d, 10, 10, 8)
        | bits(d, 6, 6, 7)
        | bits(d, 7, 7, 6)
        | bits(d, 3, 1, 3)
        | bits(d, 5, 5, 2);
  }
}
