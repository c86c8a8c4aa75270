package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.trace.TraceEnd;
import dev.quire.monitor.trace.TraceHeader;
import dev.quire.monitor.trace.TraceReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of a guest that is one page of code, which stores to three others and powers off. */
class TraceCommandTest {
  private static final int FIRST_GFN = 0x80000;
  private static final int CODE = 0x80200 - FIRST_GFN;
  private static final int DATA = 0x80400 - FIRST_GFN;
  private static final int INSTRUCTIONS = 3 + 3 * 4 + 6;

  private static final int[] GUEST = {
    0x00200297, // auipc t0, 0x200
    0x00001337, // lui   t1, 1
    0x00300393, // li    t2, 3
    0x0002b023, // sd    zero, 0(t0)
    0x006282b3, // add   t0, t0, t1
    0xfff38393, // addi  t2, t2, -1
    0xfe039ae3, // bnez  t2, -12
    0x535258b7, // lui   a7, 0x53525: the extension SRST
    0x35488893, // addi  a7, a7, 0x354
    0x00000813, // li    a6, 0: its function system_reset
    0x00000513, // li    a0, 0: shutdown
    0x00000593, // li    a1, 0: for no reason
    0x00000073, // ecall
  };

  @TempDir private Path folder = Path.of("");

  private Path kernel = Path.of("");
  private Path trace = Path.of("");

  @BeforeEach
  void write() throws IOException {
    ByteBuffer code = ByteBuffer.allocate(4 * GUEST.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int instruction : GUEST) {
      code.putInt(instruction);
    }
    kernel = Files.write(folder.resolve("kernel"), code.array());
    trace = folder.resolve("trace");
  }

  private List<Integer> frames(TraceHeader header) {
    List<Integer> frames = new ArrayList<>();
    try (TraceReader reader = new TraceReader(trace)) {
      assertThat(reader.header()).isEqualTo(header);
      TraceEnd end = reader.read((time, frame, evicted) -> frames.add(frame));
      assertThat(end.whole()).isTrue();
      assertThat(end.references().orElseThrow()).isGreaterThanOrEqualTo(INSTRUCTIONS + 3);
      assertThat(end.time()).isGreaterThanOrEqualTo(INSTRUCTIONS - 1);
    }
    return frames;
  }

  private void run(String... options) {
    List<String> all =
        new ArrayList<>(
            List.of("--kernel", kernel.toString(), "--clock", "instructions", "--memory", "84M"));
    all.addAll(List.of("--trace-memory", trace.toString()));
    all.addAll(List.of(options));
    GuestCommand guest = GuestCommand.run(all.toArray(String[]::new));
    assertThat(guest.status()).as(guest.errors()).isZero();
  }

  private static TraceHeader header(String name, String paging, int filter) {
    return new TraceHeader(name, "instructions", paging, 84 << 8, FIRST_GFN, filter);
  }

  @Test
  void aFilterOfOneLeavesAllButRepeats() {
    run("--trace-filter", "1");
    assertThat(frames(header("guest", "nested", 1)))
        .containsExactly(CODE, DATA, CODE, DATA + 1, CODE, DATA + 2, CODE);
  }

  @Test
  void withoutSayingSoItIsSixtyFour() {
    run("--paging", "shadow", "--name", "traced");
    assertThat(frames(header("traced", "shadow-unsync", 64)))
        .containsExactly(CODE, DATA, DATA + 1, DATA + 2);
  }

  @Test
  void aGuestOfAHostIsTracedToo() throws IOException {
    GuestCommand _ = up("trace_memory = 'trace'\ntrace_filter = 2");
    assertThat(frames(header("web", "nested", 2))).containsExactly(CODE, DATA, DATA + 1, DATA + 2);
  }

  @Test
  void aGuestWhoseTraceCannotBeWrittenDoesNotStart() throws IOException {
    GuestCommand up = up("trace_memory = 'kernel/trace'");
    assertThat(up.status()).isEqualTo(1);
    assertThat(up.text()).contains("web is failed: The trace ").contains("cannot be written");
  }

  /** Runs a host of one guest, with more keys of its own. */
  private GuestCommand up(String keys) throws IOException {
    Path host = folder.resolve("host.toml");
    Files.writeString(
        host,
        """
        [machine]
        memory = "128M"
        clock = "instructions"
        [[vm]]
        name = "web"
        memory = "84M"
        image = "kernel"
        """
            + keys);
    return GuestCommand.up(host.toString(), "--name", "traced");
  }
}
