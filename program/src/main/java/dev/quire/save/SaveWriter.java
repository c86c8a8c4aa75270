package dev.quire.save;

import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;

/**
 * Writes a saved guest. Until it is whole and on the disk it has another name, so that nobody ever
 * finds a part of one; its file is for its owner alone, for it holds all that is in the guest's
 * memory. One thread at a time.
 */
public final class SaveWriter implements AutoCloseable {
  private static final int PAGE = SaveHeader.PAGE;
  private static final byte[] ZEROS = new byte[PAGE];

  private static final FileAttribute<Set<PosixFilePermission>> FOR_ITS_OWNER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path path;
  private final Path unfinished;
  private final FileChannel file;
  private final long memory;
  private final PageGroup group = new PageGroup();
  private long pages;
  private long at = PAGE;
  private boolean finished;

  private SaveWriter(Path path, Path unfinished, long memory) throws IOException {
    this.path = path;
    this.unfinished = unfinished;
    this.memory = memory;
    this.file = FileChannel.open(unfinished, StandardOpenOption.WRITE);
  }

  /**
   * Begins a save of a guest with so many bytes of RAM. A {@link UserError} if it cannot be
   * written, or if there is something else at {@code path} than an older save, which it replaces.
   */
  public static SaveWriter create(Path path, long memory) {
    Path name = path.getFileName();
    if (name == null || Files.exists(path) && !SaveFile.isSave(path)) {
      throw UserError.of("%s is there already, and is no saved guest: choose another name.", path);
    }
    try {
      Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
      Path unfinished = Files.createTempFile(folder, "." + name + ".", ".part", FOR_ITS_OWNER);
      return new SaveWriter(path, unfinished, memory);
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /** Adds a page, of a higher number than those before; one of zeros takes no room. */
  public void page(int number, byte[] page) {
    if (!Arrays.equals(page, ZEROS)) {
      group.add(number, page);
      pages++;
      if (group.isFull()) {
        flush();
      }
    }
  }

  private void flush() {
    if (group.count() > 0) {
      group.seal();
      write(group.bytes(), group.length());
      group.clear();
    }
  }

  /** Adds the rest after the last page. A {@link UserError} if the state is too long. */
  public void end(byte[] state, String description) {
    if (state.length > SaveHeader.MOST) {
      throw UserError.of(
          "The guest cannot be saved to %s: beside its memory there are %d MiB to save, such as"
              + " what it wrote on its disks; %d are possible.",
          path, state.length >> 20, SaveHeader.MOST >> 20);
    }
    flush();
    byte[] text = description.getBytes(StandardCharsets.UTF_8);
    int stateSum = section(state);
    int textSum = section(text);
    at = 0;
    byte[] header =
        new SaveHeader(memory, pages, state.length, text.length, stateSum, textSum).bytes();
    write(header, header.length);
  }

  /** Writes a section with its padding; its checksum. */
  private int section(byte[] bytes) {
    byte[] padded = Arrays.copyOf(bytes, Math.toIntExact(SaveHeader.padded(bytes.length)));
    write(padded, padded.length);
    return Checksum.of(padded, 0, padded.length);
  }

  private void write(byte[] bytes, int length) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    try {
      while (buffer.hasRemaining()) {
        at += file.write(buffer, at);
      }
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /** Has the file appear once the disk has it; how long it is, in bytes. */
  public long finish() {
    try {
      file.force(true);
      long length = file.size();
      Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
      finished = true;
      syncFolder();
      return length;
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /** So that the name is on the disk, too. */
  private void syncFolder() throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel opened = FileChannel.open(folder)) {
        opened.force(true);
      }
    }
  }

  private static UserError unwritable(Path path, IOException e) {
    return new UserError(
        "The guest cannot be saved to %s: %s.".formatted(path, FileTrouble.of(e)), e);
  }

  /** Leaves nothing behind unless it is finished. */
  @Override
  public void close() {
    try {
      file.close();
      if (!finished) {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }
}
