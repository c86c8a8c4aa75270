package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.PowerControl.Kind;
import dev.quire.machine.board.PowerControl.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Other people's test programs on the bare machine: {@code mvn test -Dsuite.dir=FOLDER} runs every
 * ELF file below a folder, such as a build of riscv-tests. A program passes when it ends with
 * status 0.
 */
class BareSuiteTest {
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  /** Guest time, and instructions, after which a program is taken to hang. */
  private static final long LIMIT_NANOS = 500_000_000L;

  private static final int HANGS = -1;

  @TestFactory
  Stream<DynamicTest> everyProgramEndsWithSuccess() throws IOException {
    String folder = System.getProperty("suite.dir", "");
    if (folder.isBlank()) {
      return Stream.of(DynamicTest.dynamicTest("no suite", BareSuiteTest::reportAbsence));
    }
    List<Path> programs;
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      programs = files.filter(BareSuiteTest::isElf).sorted().toList();
    }
    assertThat(programs).as("ELF files in " + folder).isNotEmpty();
    return programs.stream()
        .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> runOne(path)));
  }

  private static void reportAbsence() {
    Assumptions.abort("no test programs were run: -Dsuite.dir=FOLDER names a folder with some");
  }

  private static boolean isElf(Path path) {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(ELF.length), ELF);
    } catch (IOException e) {
      return false;
    }
  }

  private static void runOne(Path path) {
    BareOptions options = BareOptions.standard();
    var printed = new ByteArrayOutputStream();
    try (var machine = new BareMachine(options, List.of(), printed::write)) {
      ProgramFile program = ProgramFile.read(path);
      machine.start(BootImage.load(machine.memory(), options, program, null, null));
      machine.clock().schedule(LIMIT_NANOS, () -> machine.power().request(Kind.OFF, HANGS));
      assertThat(machine.run())
          .as("status (%d: hangs); printed: %s", HANGS, printed.toString(StandardCharsets.UTF_8))
          .isEqualTo(new Request(Kind.OFF, 0));
    }
  }
}
