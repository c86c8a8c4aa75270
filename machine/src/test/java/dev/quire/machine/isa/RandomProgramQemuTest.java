package dev.quire.machine.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.hart.CodeCache;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.hart.Traps;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.MmuConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random programs end with the same registers, flags and memory on a hart and under QEMU's user
 * emulator, where that is installed. A failure names the first unit of the program that computes
 * something else. More or other programs: {@code -Drandom.programs=N -Drandom.seed=S}.
 */
class RandomProgramQemuTest {
  private static final String QEMU = "qemu-riscv64";
  private static final int UNITS = 400;
  private static final int MSTATUS = 0x300;
  private static final int MCAUSE = 0x342;
  private static final long MSTATUS_FS = 3L << 13;

  @TempDir static Path folder;

  @BeforeAll
  static void needsQemu() {
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, QEMU)));
    assumeTrue(installed, QEMU + " is not installed: random programs are not compared");
  }

  static Stream<Long> seeds() {
    return Stream.iterate(Long.getLong("random.seed", 1), seed -> seed + 1)
        .limit(Integer.getInteger("random.programs", 60));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void agreesWithQemu(long seed) throws Exception {
    RandomProgram program = RandomProgram.of(seed, UNITS);
    if (Arrays.equals(onHart(program), underQemu(program))) {
      return;
    }
    int good = 0;
    int bad = UNITS;
    while (bad - good > 1) {
      int middle = (good + bad) >>> 1;
      RandomProgram start = program.first(middle);
      if (Arrays.equals(onHart(start), underQemu(start))) {
        good = middle;
      } else {
        bad = middle;
      }
    }
    RandomProgram shortest = program.first(bad);
    fail(
        "seed %d, unit %d (%s):%n%s",
        seed,
        bad - 1,
        program.unit(bad - 1),
        String.join("\n", differences(onHart(shortest), underQemu(shortest))));
  }

  private static byte[] onHart(RandomProgram program) {
    try (var memory = new PhysicalMemory(RandomProgram.BASE, 1 << 20)) {
      byte[] image = program.image();
      memory.write(RandomProgram.BASE, image, 0, image.length);
      Isa isa = Isa.full();
      var code = new CodeCache(memory, isa);
      var hart = new Hart(0, isa, () -> 0, MmuConfig.standard(), memory, new AddressMap(), code);
      hart.csrs().poke(MSTATUS, MSTATUS_FS);
      hart.handleTrapsAt(Traps.M);
      hart.setPc(RandomProgram.ENTRY);
      Hart.Exit exit = hart.run(1_000_000);
      assertThat(exit).as("how the program stopped, at %x", hart.pc()).isEqualTo(Hart.Exit.TRAP);
      assertThat(hart.csrs().peek(MCAUSE)).isEqualTo(Cause.ECALL_M);
      byte[] dump = new byte[RandomProgram.DUMP_SIZE];
      memory.read(RandomProgram.BASE + RandomProgram.DUMP, dump, 0, dump.length);
      return dump;
    }
  }

  private static byte[] underQemu(RandomProgram program) throws IOException, InterruptedException {
    Path file = folder.resolve("program");
    Files.write(file, UserElf.of(RandomProgram.BASE, program.image(), RandomProgram.ENTRY));
    assertThat(file.toFile().setExecutable(true)).isTrue();
    Process qemu =
        new ProcessBuilder(QEMU, "-cpu", "rv64,zba=true,zbb=true,zbs=true", file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] dump = qemu.getInputStream().readAllBytes();
    assertThat(qemu.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(qemu.exitValue()).as("QEMU's exit status").isZero();
    assertThat(dump).hasSize(RandomProgram.DUMP_SIZE);
    return dump;
  }

  private static List<String> differences(byte[] onHart, byte[] underQemu) {
    var ours = ByteBuffer.wrap(onHart).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    var theirs = ByteBuffer.wrap(underQemu).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    var lines = new ArrayList<String>();
    for (int i = 0; i < ours.limit(); i++) {
      if (ours.get(i) != theirs.get(i)) {
        lines.add("%s: hart %016x, QEMU %016x".formatted(place(i), ours.get(i), theirs.get(i)));
      }
    }
    return lines;
  }

  private static String place(int index) {
    if (index >= RandomProgram.REGISTERS) {
      return "memory " + Integer.toHexString(8 * index);
    }
    return index < 32 ? "x" + index : index < 64 ? "f" + (index - 32) : "fcsr";
  }
}
