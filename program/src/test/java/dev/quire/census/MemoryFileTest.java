package dev.quire.census;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.census.CoreWriter.Segment;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of files that are not what they seem. */
class MemoryFileTest {
  private static final int PAGE = 4096;
  private static final long MANY = 1L << 62;

  @TempDir private Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("file"), bytes);
  }

  private void refused(byte[] bytes, String why) throws IOException {
    Path file = file(bytes);
    assertThatThrownBy(() -> MemoryFile.open(file, false))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(why);
  }

  private static CoreWriter core() {
    return new CoreWriter(4, false).memory(0x80000000L, new byte[2 * PAGE]);
  }

  private static byte[] load(long offset, long address, long length) {
    return core().segment(new Segment(1, offset, address, length, length)).bytes();
  }

  @Test
  void otherFormatsAreNamedWithWhatToDo() throws IOException {
    refused("KDUMP   ".getBytes(StandardCharsets.US_ASCII), "dump-guest-memory without -z");
    refused("makedumpfile".getBytes(StandardCharsets.US_ASCII), "flattened");
    refused("QFI\u00fb".getBytes(StandardCharsets.ISO_8859_1), "qemu-img convert -O raw");
    refused(new byte[] {0x1f, (byte) 0x8b, 8}, "unpack it first");
    refused(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}, "zstd");
    refused(new byte[0], "is empty");
    try (MemoryFile raw = MemoryFile.open(file(new byte[] {0x1f, (byte) 0x8b}), true)) {
      assertThat(raw.bytes()).isEqualTo(2);
    }
  }

  @Test
  void whatIsNoFileIsRefused() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> MemoryFile.open(pipe, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("neither a file nor a disk");
    assertThatThrownBy(() -> MemoryFile.open(Path.of("/dev/zero"), true))
        .isInstanceOf(UserError.class);
    assertThatThrownBy(() -> MemoryFile.open(folder.resolve("none"), false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is no file");
  }

  @Test
  void anElfProgramIsCountedByItsBytes() throws IOException {
    byte[] bytes = core().bytes();
    bytes[16] = 2; // ET_EXEC
    try (MemoryFile memory = MemoryFile.open(file(bytes), false)) {
      assertThat(memory.bytes()).isEqualTo(bytes.length);
      assertThat(memory.note()).contains("no core: its bytes are counted.");
    }
  }

  @Test
  void aCoreIsItsSegmentsAtTheirAddresses() throws IOException {
    byte[] bytes = core().note().memory(0x1000, new byte[PAGE]).bytes();
    try (MemoryFile memory = MemoryFile.open(file(bytes), false)) {
      assertThat(memory.bytes()).isEqualTo(3 * PAGE);
      assertThat(memory.nextBlock(0)).isZero();
      assertThat(memory.nextBlock(1)).isEqualTo(0x400);
      assertThat(memory.nextBlock(0x401)).isEqualTo(-1);
    }
  }

  @Test
  void hostileCoresAreRefused() throws IOException {
    refused(load(0, 0x80001000L, PAGE), "two segments have physical address 0x80001000");
    refused(load(0, 0x1800, PAGE), "no page's");
    refused(load(0, -PAGE, PAGE), "no page's");
    refused(load(MANY, 0x1000, PAGE), "beyond its end");
    refused(load(-1, 0x1000, PAGE), "beyond its end");
    refused(load(0, 0x1000, MANY), "beyond its end");
    refused(load(0, 0x1000, -1), "beyond its end");
    refused(load(0, 0x1000, 2 * PAGE), "more than the file");
    refused(new CoreWriter(1, false).note().bytes(), "without memory");
    byte[] whole = core().bytes();
    refused(Arrays.copyOf(whole, whole.length - 1), "cut short");
    refused(Arrays.copyOf(whole, 63), "ends within its header");
    refused(Arrays.copyOf(whole, 64), "beyond its end");
    byte[] changed = whole.clone();
    changed[5] = 2; // big-endian
    refused(changed, "big-endian");
    changed = whole.clone();
    changed[54] = 32; // e_phentsize
    refused(changed, "its program headers have 32 bytes");
    changed = whole.clone();
    changed[39] = 0x7f; // e_phoff
    refused(changed, "its table of segments at byte");
    byte[] many = new CoreWriter(1, true).memory(0, new byte[PAGE]).bytes();
    Arrays.fill(many, 64 + 44, 64 + 48, (byte) 0xff);
    refused(many, "has 4294967295 segments");
  }

  @Test
  void damagedHeadersNeverCrash() throws IOException {
    byte[] whole = new CoreWriter(3, true).note().memory(0, new byte[PAGE]).bytes();
    Random random = new Random(3);
    for (int round = 0; round < 1000; round++) {
      byte[] damaged = whole.clone();
      for (int i = 0; i < 1 + round % 3; i++) {
        damaged[4 + random.nextInt(64 + 64 + 56 * 2 - 4)] = (byte) random.nextInt();
      }
      try (MemoryFile memory = MemoryFile.open(file(damaged), false)) {
        Census census = new Census(List.of(Granularity.K4), 1, 1, false);
        census.add(memory, bytes -> {});
        assertThat(census.count().getFirst().total().pages()).isBetween(1L, 3L);
      } catch (UserError e) {
        assertThat(e.getMessage()).startsWith(folder.toString());
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
