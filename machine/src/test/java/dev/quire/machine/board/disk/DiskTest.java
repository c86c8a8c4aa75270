package dev.quire.machine.board.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.machine.state.States;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
  private static final int SECTORS = 9000;

  @TempDir Path folder;
  private final byte[] contents = new byte[SECTORS * 512];
  private Path image = Path.of("");

  @BeforeEach
  void makeImage() throws IOException {
    new Random(1).nextBytes(contents);
    image = folder.resolve("disk.img");
    Files.write(image, contents);
  }

  private static byte[] read(BlockStore disk, long sector, int count) throws IOException {
    byte[] bytes = new byte[count * 512 + 10];
    disk.read(sector, bytes, 10, count * 512);
    return Arrays.copyOfRange(bytes, 10, bytes.length);
  }

  private byte[] original(int sector, int count) {
    return Arrays.copyOfRange(contents, sector * 512, (sector + count) * 512);
  }

  @Test
  void writesReachTheFile() throws IOException {
    byte[] data = new byte[1024];
    Arrays.fill(data, (byte) 7);
    try (RawDisk disk = new RawDisk(image)) {
      assertThat(disk.sectors()).isEqualTo(SECTORS);
      disk.write(SECTORS - 2, data, 0, 1024);
      disk.flush();
      assertThat(read(disk, SECTORS - 2, 2)).isEqualTo(data);
      assertThat(read(disk, 3, 4)).isEqualTo(original(3, 4));
    }
    assertThat(Files.readAllBytes(image)).endsWith(data).hasSize(SECTORS * 512);
  }

  @Test
  void copyOnWriteLeavesTheBaseAlone() throws IOException {
    byte[] data = new byte[512];
    try (CopyOnWriteDisk disk = new CopyOnWriteDisk(image)) {
      byte[] expected = contents.clone();
      Random random = new Random(2);
      for (int i = 0; i < 300; i++) {
        int sector = random.nextInt(SECTORS);
        random.nextBytes(data);
        disk.write(sector, data, 0, 512);
        System.arraycopy(data, 0, expected, sector * 512, 512);
        int first = random.nextInt(SECTORS - 100);
        assertThat(read(disk, first, 100))
            .isEqualTo(Arrays.copyOfRange(expected, first * 512, (first + 100) * 512));
      }
      assertThat(read(disk, 0, SECTORS)).isEqualTo(expected);
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(contents);
  }

  private static byte[] state(BlockStore disk) {
    var bytes = new ByteArrayOutputStream();
    disk.save(new StateWriter(bytes));
    return bytes.toByteArray();
  }

  private static void load(BlockStore disk, byte[] state) {
    disk.load(new StateReader(new ByteArrayInputStream(state)));
  }

  @Test
  void whatWasWrittenOverTheBaseGoesAlong() throws IOException {
    byte[] data = new byte[512];
    Random random = new Random(3);
    try (CopyOnWriteDisk disk = new CopyOnWriteDisk(image);
        CopyOnWriteDisk copy = new CopyOnWriteDisk(image);
        CopyOnWriteDisk untouched = new CopyOnWriteDisk(image)) {
      load(untouched, state(copy));
      for (int i = 0; i < 300; i++) {
        random.nextBytes(data);
        disk.write(i == 0 ? SECTORS - 1 : random.nextInt(SECTORS), data, 0, 512);
      }
      byte[] state = state(disk);
      load(copy, state);
      assertThat(state(copy)).isEqualTo(state);
      assertThat(read(copy, 0, SECTORS)).isEqualTo(read(disk, 0, SECTORS));
      copy.write(5, data, 0, 512);
      assertThat(read(untouched, 0, SECTORS)).isEqualTo(contents);
      assertThat(state(disk)).isEqualTo(state);
    }
  }

  @Test
  void aDamagedOverlayIsAFaultOrOtherSectors() throws IOException {
    try (CopyOnWriteDisk disk = new CopyOnWriteDisk(image)) {
      disk.write(SECTORS - 1, new byte[512], 0, 512);
      States.damage(
          state(disk),
          damaged -> {
            try (CopyOnWriteDisk other = new CopyOnWriteDisk(image)) {
              load(other, damaged);
              read(other, SECTORS - 8, 8);
            } catch (StateFault fault) {
              assertThat(fault).hasMessageEndingWith(".");
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  @Test
  void aDiskThatIsWrittenInPlaceHasNoState() throws IOException {
    try (RawDisk disk = new RawDisk(image)) {
      assertThatThrownBy(() -> state(disk))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("cannot be saved or cloned");
    }
    try (ReadOnlyDisk disk = new ReadOnlyDisk(image)) {
      assertThat(state(disk)).isEmpty();
    }
  }

  @Test
  void oneWriterOrManyReaders() throws IOException {
    Path link = Files.createLink(folder.resolve("link.img"), image);
    try (RawDisk writer = new RawDisk(image)) {
      assertThat(writer.readOnly()).isFalse();
      assertThatThrownBy(() -> new RawDisk(image)).isInstanceOf(UserError.class);
      assertThatThrownBy(() -> new CopyOnWriteDisk(link))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("link.img is in use");
    }
    try (ReadOnlyDisk first = new ReadOnlyDisk(image)) {
      try (CopyOnWriteDisk second = new CopyOnWriteDisk(link)) {
        assertThat(read(second, 1, 1)).isEqualTo(original(1, 1));
      }
      assertThatThrownBy(() -> new RawDisk(image)).isInstanceOf(UserError.class);
      assertThat(read(first, 1, 1)).isEqualTo(original(1, 1));
    }
    new RawDisk(image).close();
  }

  @Test
  void lockedByAnotherProcess() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Locker.class.getName(),
                image.toString())
            .start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('L');
      assertThatThrownBy(() -> new ReadOnlyDisk(image))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("in use");
    } finally {
      other.getOutputStream().close();
      other.waitFor();
    }
    new RawDisk(image).close();
  }

  /** A process that holds a disk until its input ends. */
  static final class Locker {
    private Locker() {}

    public static void main(String[] args) throws IOException {
      try (RawDisk disk = new RawDisk(Path.of(args[0]))) {
        System.out.print(disk.readOnly() ? "R" : "L");
        System.out.flush();
        System.in.read();
      }
    }
  }

  @Test
  void unfitFilesAreExplained() throws IOException {
    Path odd = folder.resolve("odd.img");
    Files.write(odd, new byte[513]);
    assertThatThrownBy(() -> new RawDisk(odd))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("odd.img has 513 bytes");
    Files.write(odd, new byte[0]);
    assertThatThrownBy(() -> new ReadOnlyDisk(odd)).isInstanceOf(UserError.class);
    assertThatThrownBy(() -> new RawDisk(folder)).isInstanceOf(UserError.class);
    assertThatThrownBy(() -> new RawDisk(folder.resolve("none")))
        .isInstanceOf(UserError.class)
        .hasMessage("There is no disk image " + folder.resolve("none") + ".");
  }

  @Test
  void aFileThatShrinksIsAnInputError() throws IOException {
    try (ReadOnlyDisk disk = new ReadOnlyDisk(image)) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(512);
      }
      assertThatThrownBy(() -> read(disk, 1, 1)).isInstanceOf(IOException.class);
    }
  }
}
