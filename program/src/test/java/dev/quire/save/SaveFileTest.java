package dev.quire.save;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SaveFileTest {
  private static final int PAGE = 4096;
  private static final long MEMORY = 8L << 20;
  private static final String DESCRIPTION = "{\"name\": \"web\"}";

  @TempDir private Path folder;
  private final Random random = new Random(5);

  private Path file() {
    return folder.resolve("web.save");
  }

  private byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** So many pages, every second of the guest's. */
  private SortedMap<Integer, byte[]> pages(int count) {
    SortedMap<Integer, byte[]> pages = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      pages.put(2 * i + 1, randomBytes(PAGE));
    }
    return pages;
  }

  private void write(Map<Integer, byte[]> pages, byte[] state) {
    try (SaveWriter writer = SaveWriter.create(file(), MEMORY)) {
      writer.page(0, new byte[PAGE]);
      pages.forEach(writer::page);
      writer.end(state, DESCRIPTION);
      assertThat(writer.finish()).isEqualTo(file().toFile().length());
    }
  }

  private static SortedMap<Integer, byte[]> read(SaveFile save) {
    SortedMap<Integer, byte[]> pages = new TreeMap<>();
    save.forEachPage(
        (number, bytes, offset) ->
            pages.put(number, Arrays.copyOfRange(bytes, offset, offset + PAGE)));
    return pages;
  }

  /** Reads all that there is. */
  private static void readAll(Path file) {
    try (SaveFile save = SaveFile.open(file)) {
      assertThat(save.description()).isNotNull();
      assertThat(save.state()).isNotNull();
      assertThat(read(save)).hasSize((int) save.pages());
    }
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    for (int count : new int[] {0, 1, 511, 512, 1000}) {
      Map<Integer, byte[]> pages = pages(count);
      byte[] state = randomBytes(5000);
      write(pages, state);
      assertThat(file().toFile().length() % PAGE).isZero();
      assertThat(SaveFile.isSave(file())).isTrue();
      try (SaveFile save = SaveFile.open(file())) {
        assertThat(save.memory()).isEqualTo(MEMORY);
        assertThat(save.pages()).isEqualTo(count);
        assertThat(save.description()).isEqualTo(DESCRIPTION);
        assertThat(save.state()).isEqualTo(state);
        assertThat(read(save)).containsExactlyEntriesOf(pages);
        byte[] again = new byte[PAGE];
        for (int i = 0; i < count; i += 100) {
          save.read(i, again);
          assertThat(again).isEqualTo(pages.get(2 * i + 1));
        }
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  @Test
  void aDamagedFileIsRefusedWhereverTheDamageIs() throws IOException {
    write(pages(5), randomBytes(5000));
    byte[] whole = Files.readAllBytes(file());
    Path damaged = folder.resolve("damaged.save");
    for (int at = 0; at < whole.length; at += 1 + random.nextInt(40)) {
      byte[] bytes = whole.clone();
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(damaged, bytes);
      assertThatThrownBy(() -> readAll(damaged)).as("byte %d", at).isInstanceOf(UserError.class);
    }
  }

  @Test
  void aCutFileIsRefusedWhereverItIsCut() throws IOException {
    write(pages(5), randomBytes(5000));
    byte[] whole = Files.readAllBytes(file());
    Path cut = folder.resolve("cut.save");
    for (int length = 0; length < whole.length; length += 1 + random.nextInt(100)) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> readAll(cut)).as("%d bytes", length).isInstanceOf(UserError.class);
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length + PAGE));
    assertThatThrownBy(() -> readAll(cut))
        .hasMessageMatching("The saved guest .* is damaged: it has \\d+ bytes and should have .*");
  }

  @Test
  void aHeaderWithARightChecksumMayLie() throws IOException {
    long[] numbers = {-1, 0, 1, 4095, Long.MIN_VALUE, Long.MAX_VALUE, MEMORY / PAGE + 1, 1L << 40};
    for (long memory : numbers) {
      for (long pages : numbers) {
        for (int length : new int[] {-1, 0, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
          byte[] header = new SaveHeader(memory, pages, length, length, 0, 1).bytes();
          Files.write(file(), Arrays.copyOf(header, 3 * PAGE));
          assertThatThrownBy(() -> readAll(file())).isInstanceOf(UserError.class);
        }
      }
    }
  }

  @Test
  void whatIsNoSaveOrALaterOneIsSaid() throws IOException {
    assertThatThrownBy(() -> readAll(file()))
        .hasMessage("There is no file %s to restore a guest from.", file());
    Files.writeString(file(), "something else");
    assertThat(SaveFile.isSave(file())).isFalse();
    assertThatThrownBy(() -> readAll(file()))
        .hasMessage("%s is no saved guest: 'quire save VM FILE' writes such files.", file());
    assertThatThrownBy(() -> SaveWriter.create(file(), MEMORY))
        .hasMessageContaining("is there already, and is no saved guest");
    Files.delete(file());
    write(pages(1), new byte[1]);
    byte[] bytes = Files.readAllBytes(file());
    bytes[8] = 1;
    Files.write(file(), bytes);
    assertThatThrownBy(() -> readAll(file()))
        .hasMessage("%s is a saved guest of format 1; this Quire reads format 3.", file());
  }

  @Test
  void aSaveThatIsNotFinishedLeavesNothingBehind() throws IOException {
    try (SaveWriter writer = SaveWriter.create(file(), MEMORY)) {
      writer.end(new byte[0], DESCRIPTION);
      assertThat(file()).doesNotExist();
    }
    write(pages(1), new byte[1]);
    byte[] before = Files.readAllBytes(file());
    try (SaveWriter writer = SaveWriter.create(file(), MEMORY)) {
      pages(600).forEach(writer::page);
    }
    assertThat(file()).hasBinaryContent(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file());
    }
    assertThatThrownBy(() -> SaveWriter.create(folder.resolve("none/web.save"), MEMORY))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("cannot be saved to");
  }
}
