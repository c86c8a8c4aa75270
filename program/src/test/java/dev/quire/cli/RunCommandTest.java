package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes: one sentence, exit status 2, no guest. */
class RunCommandTest {
  @TempDir private Path folder = Path.of("");

  private static void assertMistake(String sentence, String... options) {
    GuestCommand guest = GuestCommand.run(options);
    assertThat(guest.errors()).contains(sentence);
    assertThat(guest.errors().strip()).doesNotContain("\n");
    assertThat(guest.status()).isEqualTo(2);
    assertThat(guest.bytes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --memory     | 255M           | not a multiple of 2M
          --memory     | much           | not a size
          --memory     | 82M            | at least 84M
          --cpus       | 0              | 1 to 4
          --cpus       | 5              | 1 to 4
          --cpus       | two            | --cpus
          --clock      | sun            | instructions
          --gstage     | sv32x4         | SV39X4, SV48X4, SV57X4
          --guest-mode | sv32           | SV39, SV48, SV57
          --gpage      | 1g             | 4k or 2m
          --ad         | both           | svade, svadu
          --tlb        | l1=3           | power of two
          --tlb        | l1             | power of two
          --tlb        | l1=2097152     | power of two
          --tlb        | l3=2           | l1, l2, vspwc, gpwc and nested
          --trace-filter | 8            | nothing without --trace-memory
          --swap-disk  | lots           | --swap-disk lots: Memory 'lots' is not a size
          --swap-disk  | 1M             | not a multiple of 2M
          --swap-disk  | 17G            | at most 16G is
          --proxy      | 70%%           | not a size
          --proxy      | 101%           | 1 to 100
          --proxy      | 300M           | cannot keep 300 MiB
          --proxy      | 20%            | at least 64 MiB
          --disk-latency | slow         | not a time
          --walk       | 80200000       | a hexadecimal address, an @
          --walk       | xyz@100        | a hexadecimal address, an @
          --walk       | 0x1@0x10       | a hexadecimal address, an @
          --kernel     | /nowhere/image | There is no kernel /nowhere/image.
          """)
  void aValueThatIsNotPossible(String option, String value, String sentence) {
    assertMistake(sentence, option, value);
  }

  @Test
  void proxyMemoryThatIsNotPossible() {
    assertMistake("--proxy-check says nothing without --proxy", "--proxy-check");
    assertMistake("--proxy-fixed says nothing without --proxy", "--proxy-fixed");
    assertMistake("virtualized, not native", "--proxy", "--paging", "native");
  }

  @Test
  void filesThatCannotBeUsed() throws IOException {
    Path kernel = Files.write(folder.resolve("flat"), new byte[4096]);
    String flat = kernel.toString();
    byte[] other = new byte[4096];
    other[0] = 'M';
    other[1] = 'Z';
    String foreign = Files.write(folder.resolve("foreign"), other).toString();
    assertMistake("not for RISC-V", "--kernel", foreign);
    assertMistake("is a folder", "--kernel", folder.toString());
    assertMistake("no disk image", "--kernel", flat, "--disk", "/nowhere/disk");
    assertMistake("no disk image", "--kernel", flat, "--disk", "/nowhere/disk,cow");
    assertMistake("'rw' is unknown", "--kernel", flat, "--disk", "/nowhere/disk,rw");
    assertMistake("is in use", "--kernel", flat, "--disk", flat, "--disk", flat + ",ro");
    assertMistake("is not a folder", "--kernel", flat, "--share", flat);
    String below = flat + "/trace";
    assertMistake("trace " + below + " cannot be", "--kernel", flat, "--trace-memory", below);
    assertMistake("0 frames", "--kernel", flat, "--trace-memory", below, "--trace-filter", "0");
    assertMistake("There is no initramfs", "--kernel", flat, "--initrd", "/nowhere/initrd");
  }

  @Test
  void whatDoesNotFitIntoMemory() throws IOException {
    String large = Files.write(folder.resolve("large"), new byte[7 << 20]).toString();
    String small = Files.write(folder.resolve("small"), new byte[4096]).toString();
    assertMistake("too small", "--kernel", large, "--memory", "8M");
    assertMistake("too small", "--kernel", small, "--initrd", large, "--memory", "8M");
    String command = "x".repeat(130_000);
    assertMistake(
        "The command for the guest has 130000 bytes", "--kernel", small, "--exec", command);
  }
}
