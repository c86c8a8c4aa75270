package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BareCommandTest {
  /** Ends with status 0x37 through the finisher. */
  private static final int[] FAIL_0X37 = {
    0x001002b7, // lui t0, 0x100
    0x00373337, // lui t1, 0x373
    0x33330313, // addi t1, t1, 0x333
    0x0062a023, // sw t1, 0(t0)
    0x0000006f, // j .
  };

  @TempDir private Path folder = Path.of("");
  private String program = "";
  private String errors = "";
  private InputStream input = InputStream.nullInputStream();

  @BeforeEach
  void writeProgram() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : FAIL_0X37) {
      bytes.putInt(word);
    }
    program = file("program.bin", bytes.array());
  }

  @BeforeEach
  void typeNothing() {
    input = System.in;
    System.setIn(InputStream.nullInputStream());
  }

  @AfterEach
  void restoreInput() {
    System.setIn(input);
  }

  private String file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes).toString();
  }

  private int run(String... arguments) {
    StringWriter text = new StringWriter();
    int status = Main.run(new PrintWriter(text), arguments);
    errors = text.toString();
    return status;
  }

  @Test
  void endsWithTheProgramsStatus() {
    assertThat(run("bare", program, "--memory", "4M")).isEqualTo(0x37);
    assertThat(errors).isEmpty();
    assertThat(run("bare", program, "--clock", "host", "--harts", "3")).isEqualTo(0x37);
    assertThat(run("bare", program, "--isa", "rv64ima", "--stats")).isEqualTo(0x37);
    assertThat(errors).contains("instructions in");
  }

  @Test
  void writesDownWhatItDid() throws IOException {
    Path trace = folder.resolve("trace");
    assertThat(run("bare", program, "--trace", trace.toString())).isEqualTo(0x37);
    assertThat(Files.readString(trace))
        .startsWith(
            """
            core   0: 3 0x0000000080000000 (0x001002b7) x5  0x0000000000100000
            core   0: 3 0x0000000080000004 (0x00373337) x6  0x0000000000373000
            core   0: 3 0x0000000080000008 (0x33330313) x6  0x0000000000373333
            core   0: 3 0x000000008000000c (0x0062a023) mem 0x0000000000100000 0x00373333
            """);
  }

  @Test
  void mistakesAreOneSentenceAndStatus2() throws IOException {
    assertRefused("Missing required parameter: 'PROGRAM'", "bare");
    assertRefused("Unknown option: '--speed'", "bare", program, "--speed");
    assertRefused("There is no file", "bare", folder.resolve("none").toString());
    assertRefused("is a folder", "bare", folder.toString());
    assertRefused("is truncated", "bare", file("short.elf", new byte[] {0x7f, 'E', 'L', 'F', 2}));
    assertRefused("not a multiple of 2M", "bare", program, "--memory", "3M");
    assertRefused("not a size", "bare", program, "--memory", "much");
    assertRefused("1 to 8 are", "bare", program, "--harts", "9");
    assertRefused("Invalid value for option '--harts'", "bare", program, "--harts", "two");
    assertRefused("host or instructions", "bare", program, "--clock", "sundial");
    assertRefused("rv64i and rv64g", "bare", program, "--isa", "rv32i");
    assertRefused("ro or cow", "bare", program, "--disk", program + ",rw");
    assertRefused("begin_signature", "bare", program, "--signature", folder + "/s");
    assertRefused("cannot be written", "bare", program, "--trace", folder + "/no/trace");
    String large = file("large", new byte[4 << 20]);
    assertRefused("needs 4 MiB", "bare", program, "--memory", "4M", "--kernel", large);
  }

  private void assertRefused(String sentence, String... arguments) {
    assertThat(run(arguments)).as(errors).isEqualTo(2);
    assertThat(errors).contains(sentence);
    assertThat(errors.strip().lines()).hasSize(1);
  }
}
