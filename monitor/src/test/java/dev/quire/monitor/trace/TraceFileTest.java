package dev.quire.monitor.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceFileTest {
  private static final int FRAMES = 70_000;
  private static final int FILTER = 9;
  private static final TraceHeader HEADER =
      new TraceHeader("web", "instructions", "shadow-lazy", FRAMES, 0x80000, FILTER);

  private record Miss(long time, int frame, int evicted) {}

  @TempDir private Path folder;

  private Path file = Path.of("");

  @BeforeEach
  void nameFile() {
    file = folder.resolve("guest.trace");
  }

  /** What a filter leaves of random references, some far apart in place and time. */
  private static List<Miss> misses(int references) {
    SplittableRandom random = new SplittableRandom(references);
    List<Miss> misses = new ArrayList<>();
    FrameStream filter =
        new LruFilter(
            FRAMES,
            FILTER - 1,
            (time, frame, evicted) -> misses.add(new Miss(time, frame, evicted)));
    long time = 5_000_000_000L;
    int before = -1;
    for (int i = 0; i < references; i++) {
      time += random.nextInt(3) == 0 ? 0 : random.nextLong(1L << random.nextInt(30));
      int frame = random.nextInt(1 << random.nextInt(1, 17)) % FRAMES;
      if (frame != before) {
        filter.miss(time, frame, before);
        before = frame;
      }
    }
    return misses;
  }

  private void write(List<Miss> misses, boolean ends) {
    try (TraceWriter writer = new TraceWriter(file, HEADER, TraceFileTest::unexpected)) {
      misses.forEach(miss -> writer.miss(miss.time(), miss.frame(), miss.evicted()));
      assertThat(writer.misses()).isEqualTo(misses.size());
      if (ends) {
        writer.end(1_000_000_000_007L, Long.MAX_VALUE);
      }
    }
  }

  private static void unexpected(UserError e) {
    throw e;
  }

  private TraceEnd read(List<Miss> misses) {
    try (TraceReader reader = new TraceReader(file)) {
      assertThat(reader.header()).isEqualTo(HEADER);
      return reader.read((time, frame, evicted) -> misses.add(new Miss(time, frame, evicted)));
    }
  }

  @Test
  void givesBackWhatWasWritten() {
    List<Miss> written = misses(400_000);
    write(written, true);
    List<Miss> read = new ArrayList<>();
    assertThat(read(read))
        .isEqualTo(
            new TraceEnd(
                true, written.size(), Long.MAX_VALUE, OptionalLong.of(1_000_000_000_007L)));
    assertThat(read).isEqualTo(written);
  }

  @Test
  void anEmptyTraceIsOne() {
    write(List.of(), true);
    assertThat(read(new ArrayList<>()).whole()).isTrue();
  }

  @Test
  void theHeaderIsTextAndSaysAll() throws IOException {
    write(List.of(), false);
    assertThat(file)
        .content(StandardCharsets.US_ASCII)
        .startsWith(
            """
            quire-memory-trace 1
            vm web
            clock instructions
            paging shadow-lazy
            page 4096
            frames 70000
            first-gfn 0x80000
            filter 9
            checksum\
            """);
  }

  @Test
  void withoutItsEndItIsReadAsCutOff() {
    List<Miss> written = misses(1000);
    write(written, false);
    List<Miss> read = new ArrayList<>();
    assertThat(read(read))
        .isEqualTo(
            new TraceEnd(false, written.size(), written.getLast().time(), OptionalLong.empty()));
    assertThat(read).isEqualTo(written);
  }

  @Test
  void whereverItIsCutOffItsWholeBlocksAreRead() throws IOException {
    List<Miss> written = misses(80);
    write(written, true);
    byte[] bytes = Files.readAllBytes(file);
    int header = HEADER.bytes().length;
    int before = 0;
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      List<Miss> read = new ArrayList<>();
      if (length < header) {
        assertThatThrownBy(() -> read(read)).isInstanceOf(UserError.class);
      } else {
        assertThat(read(read).whole()).isFalse();
        assertThat(read).isEqualTo(written.subList(0, read.size()));
        assertThat(read).hasSizeGreaterThanOrEqualTo(before);
        before = read.size();
      }
    }
    assertThat(before).isEqualTo(written.size());
  }

  @Test
  void whateverByteIsDamagedThatIsSaid() throws IOException {
    write(misses(80), true);
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 0x10;
      Files.write(file, damaged);
      assertThatThrownBy(() -> read(new ArrayList<>()))
          .as("byte %d", i)
          .isInstanceOf(UserError.class)
          .message()
          .endsWith(".")
          .doesNotContain("\n");
    }
  }

  @Test
  void moreAfterTheEndIsDamage() throws IOException {
    write(misses(80), true);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    assertDamaged();
  }

  private void assertDamaged() {
    assertThatThrownBy(() -> read(new ArrayList<>()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file + " is damaged: the block at byte ");
  }

  @Test
  void eventsThatNoFilterLeavesAreDamage() {
    Miss first = new Miss(1, 5, -1);
    assertImpossible(new Miss(0, 5, -1), new Miss(1, 5, -1)); // it is in the filter already
    assertImpossible(first, new Miss(2, 6, 5)); // nothing leaves a filter that is not full
    assertImpossible(first, new Miss(0, 6, -1)); // time goes back
    assertImpossible(new Miss(1, FRAMES, -1));
    assertImpossible(new Miss(1, -1, -1));
    List<Miss> full = new ArrayList<>();
    for (int i = 0; i < FILTER; i++) {
      full.add(new Miss(0, i, -1));
    }
    assertImpossibleAfter(full, new Miss(1, 20, -1)); // something has to leave
    assertImpossibleAfter(full, new Miss(1, 20, 21)); // that was not in it
    assertImpossibleAfter(full, new Miss(1, 20, -2));
  }

  private void assertImpossible(Miss... misses) {
    write(List.of(misses), true);
    assertDamaged();
  }

  private void assertImpossibleAfter(List<Miss> begin, Miss last) {
    List<Miss> misses = new ArrayList<>(begin);
    misses.add(last);
    write(misses, true);
    assertDamaged();
  }

  @Test
  void aBlockGoesOutEveryHundredMilliseconds() throws IOException {
    try (TraceWriter writer = new TraceWriter(file, HEADER, TraceFileTest::unexpected)) {
      writer.miss(0, 1, -1);
      writer.miss(100_000_000L, 2, -1);
      List<Miss> read = new ArrayList<>();
      assertThat(read(read).whole()).isFalse();
      assertThat(read).containsExactly(new Miss(0, 1, -1));
    }
  }

  /** A disk with so much room. */
  private static OutputStream disk(int room) {
    return new OutputStream() {
      private int written;

      @Override
      public void write(int b) throws IOException {
        if (written++ >= room) {
          throw new IOException("No space left on device");
        }
      }
    };
  }

  @Test
  void aFullDiskIsToldOnceAndTheRestDropped() {
    List<UserError> told = new ArrayList<>();
    int room = HEADER.bytes().length + 100;
    try (TraceWriter writer = new TraceWriter(file, disk(room), HEADER, told::add)) {
      for (int time = 0; time < 100; time++) {
        writer.miss(time * 1_000_000_000L, time % 10, time < FILTER ? -1 : (time + 1) % 10);
      }
      writer.end(1, 1);
    }
    assertThat(told)
        .singleElement()
        .extracting(UserError::getMessage)
        .isEqualTo(
            "The trace " + file + " ends here, for it cannot be written: No space left on device.");
  }

  @Test
  void aFileThatCannotBeIsAMistake() {
    file = folder.resolve("none/guest.trace");
    assertThatThrownBy(() -> write(List.of(), true))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("there is no folder for");
    assertThatThrownBy(() -> read(List.of()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is no file");
  }

  @Test
  void anotherFileIsNoTrace() throws IOException {
    Files.write(file, new byte[100_000]);
    assertThatThrownBy(() -> read(List.of()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no trace of a guest's memory");
    Files.writeString(file, "quire-memory-trace 2\nsomething else\nchecksum 0\n");
    assertThatThrownBy(() -> read(List.of()))
        .isInstanceOf(UserError.class)
        .hasMessage(file + " is a trace of version 2, and this Quire reads version 1.");
  }
}
