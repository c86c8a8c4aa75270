package dev.quire.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** The committed ELF files of the guest programs are what their sources compile to. */
class GuestProgramsTest {
  private static final Path SOURCES = Path.of("src/main/guest");
  private static final String COMPILER = "riscv64-linux-gnu-gcc";
  private static final String EMULATOR = "qemu-riscv64";
  private static final long MAX_SIZE = 16 << 10;

  /** So few rounds that an emulator is done at once. */
  private static final List<String> FEW = List.of("3", "3");

  /** What its first argument is not enough for; its output has times. */
  private static final Map<String, List<String>> OTHERS =
      Map.of(
          "pattern.elf", List.of("3", "--passes", "3"),
          "toucher.elf", List.of("3", "--active", "1,3,2", "--loops", "2"),
          "reader.elf", List.of("/dev/zero", "1", "--order", "zipf", "--check", "yes"));

  @TempDir private Path folder = Path.of("");

  private record Result(int status, String output) {}

  @Test
  void everySourceHasItsSmallElf() throws IOException {
    for (Path source : files(".c")) {
      Path elf = SOURCES.resolve(source.getFileName().toString().replace(".c", ".elf"));
      assertThat(elf).isRegularFile();
      assertThat(Files.size(elf)).as(elf.toString()).isLessThanOrEqualTo(MAX_SIZE);
    }
    assertThat(files(".elf")).hasSameSizeAs(files(".c")).isNotEmpty();
  }

  @Test
  void rebuildingGivesTheSameFiles(TestReporter reporter) throws Exception {
    assumeTrue(isInstalled(COMPILER), COMPILER + " is not installed: nothing is rebuilt");
    Result built = run(SOURCES.resolve("build").toString(), folder.toString());
    assertThat(built.status()).as(built.output()).isZero();
    String here = Files.readString(folder.resolve("compiler.txt"));
    String recorded = Files.readString(SOURCES.resolve("compiler.txt"));
    boolean sameCompiler = here.equals(recorded);
    if (!sameCompiler) {
      reporter.publishEntry(
          "This machine's compiler is not the recorded one: behaviour is compared, not bytes.",
          recorded + "here:\n" + here);
      assumeTrue(isInstalled(EMULATOR), EMULATOR + " is not installed: nothing can be compared");
    }
    for (Path committed : files(".elf")) {
      Path rebuilt = folder.resolve(committed.getFileName().toString());
      if (sameCompiler) {
        assertThat(rebuilt).hasSameBinaryContentAs(committed);
      } else {
        assertThat(emulate(rebuilt)).isEqualTo(emulate(committed));
      }
    }
  }

  private static Result emulate(Path elf) throws Exception {
    List<String> command = new ArrayList<>(List.of(EMULATOR, elf.toString()));
    command.addAll(OTHERS.getOrDefault(elf.getFileName().toString(), FEW));
    Result result = run(command.toArray(String[]::new));
    return new Result(result.status(), result.output().replaceAll("\\d+ ms", "- ms"));
  }

  private static List<Path> files(String suffix) throws IOException {
    try (Stream<Path> all = Files.list(SOURCES)) {
      return all.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static Result run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
