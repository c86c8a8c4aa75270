package dev.quire.save;

import dev.quire.machine.board.FileTrouble;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A saved guest, read. Nothing that it says is given out before its checksum was seen to be right,
 * and no length in it is trusted: every mistake is a {@link UserError}. One thread.
 */
public final class SaveFile implements AutoCloseable {
  private static final int PAGE = SaveHeader.PAGE;

  /** What is done with a page. */
  @FunctionalInterface
  public interface PageSink {
    /**
     * @param number of the page in the guest's RAM, from 0
     * @param bytes hold the page's 4096 bytes from {@code offset} on, only during the call
     */
    void page(int number, byte[] bytes, int offset);
  }

  private final Path path;
  private final FileChannel file;
  private final SaveHeader header;

  private SaveFile(Path path, FileChannel file, SaveHeader header) {
    this.path = path;
    this.file = file;
    this.header = header;
  }

  /** Whether a file begins as a save does; false if it cannot be read. */
  public static boolean isSave(Path path) {
    try (FileChannel file = FileChannel.open(path)) {
      return SaveHeader.isSave(beginning(file));
    } catch (IOException e) {
      return false;
    }
  }

  /** Opens a save and checks its frame; what is inside is checked when it is read. */
  public static SaveFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw UserError.of("There is no file %s to restore a guest from.", path);
    }
    try {
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
      try {
        return new SaveFile(path, file, header(path, file));
      } catch (UserError | IOException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static SaveHeader header(Path path, FileChannel file) throws IOException {
    SaveHeader header = SaveHeader.of(path, beginning(file));
    if (file.size() != header.length()) {
      throw SaveHeader.damaged(
          path, "it has %d bytes and should have %d".formatted(file.size(), header.length()));
    }
    return header;
  }

  private static byte[] beginning(FileChannel file) throws IOException {
    byte[] bytes = new byte[PAGE];
    return Arrays.copyOf(bytes, read(file, 0, bytes, PAGE));
  }

  /** How many bytes could be read. */
  private static int read(FileChannel file, long at, byte[] to, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(to, 0, length);
    int count = 0;
    while (count >= 0 && buffer.hasRemaining()) {
      count = file.read(buffer, at + buffer.position());
    }
    return buffer.position();
  }

  public Path path() {
    return path;
  }

  /** Bytes of the guest's RAM. */
  public long memory() {
    return header.memory();
  }

  /** How many pages are in the file; all others of the RAM are zero. */
  public long pages() {
    return header.pages();
  }

  /** What the guest is: text for whoever wrote it. */
  public String description() {
    byte[] bytes =
        section(
            header.descriptionAt(), header.description(), header.descriptionSum(), "description");
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The state of all its parts. */
  public byte[] state() {
    return section(header.stateAt(), header.state(), header.stateSum(), "state");
  }

  /** The checksum covers the padding, too. */
  private byte[] section(long at, int length, int sum, String name) {
    byte[] bytes = new byte[Math.toIntExact(SaveHeader.padded(length))];
    readFully(at, bytes, bytes.length);
    if (Checksum.of(bytes, 0, bytes.length) != sum) {
      throw SaveHeader.damaged(path, "its " + name + " is not as it was written");
    }
    return Arrays.copyOf(bytes, length);
  }

  /** Gives all pages that are not zero to {@code sink}, in order of their numbers. */
  public void forEachPage(PageSink sink) {
    PageGroup group = new PageGroup();
    long before = -1;
    for (long done = 0; done < header.pages(); done += group.count()) {
      readGroup(group, done);
      for (int i = 0; i < group.count(); i++) {
        int number = group.number(i);
        requireOrder(before, number);
        if (!group.isPageWhole(i)) {
          throw SaveHeader.damaged(path, "page %d is not as it was written".formatted(number));
        }
        sink.page(number, group.bytes(), PageGroup.at(i));
        before = number;
      }
    }
  }

  /**
   * The numbers of all pages in the file, ascending, each in the place that {@link #read} wants; of
   * the pages only their index is read.
   */
  public int[] pageNumbers() {
    int[] numbers = new int[0];
    PageGroup group = new PageGroup();
    for (int done = 0; done < header.pages(); done += group.count()) {
      int count = (int) Math.min(PageGroup.MOST, header.pages() - done);
      readFully(PageGroup.offset(done / PageGroup.MOST), group.bytes(), PAGE);
      requireWhole(group, count);
      if (done + count > numbers.length) {
        numbers = Arrays.copyOf(numbers, (int) Math.min(header.pages(), 2L * (done + count)));
      }
      for (int i = 0; i < count; i++) {
        numbers[done + i] = group.number(i);
        requireOrder(done + i == 0 ? -1 : numbers[done + i - 1], group.number(i));
      }
    }
    return numbers;
  }

  private void requireWhole(PageGroup group, int count) {
    if (!group.isWhole(count)) {
      throw SaveHeader.damaged(path, "its index of pages is not as it was written");
    }
  }

  private void requireOrder(long before, int number) {
    if (number <= before || number >= header.memory() / PAGE) {
      throw SaveHeader.damaged(path, "its pages are out of order");
    }
  }

  private void readGroup(PageGroup group, long done) {
    int count = (int) Math.min(PageGroup.MOST, header.pages() - done);
    readFully(PageGroup.offset(done / PageGroup.MOST), group.bytes(), (1 + count) * PAGE);
    requireWhole(group, count);
  }

  /**
   * Reads again the {@code position}th page that {@link #forEachPage} has given, from 0, which
   * checks nothing.
   */
  public void read(long position, byte[] page) {
    long group = position / PageGroup.MOST;
    long at = PageGroup.offset(group) + PageGroup.at((int) (position % PageGroup.MOST));
    readFully(at, page, PAGE);
  }

  private void readFully(long at, byte[] to, int length) {
    try {
      if (read(file, at, to, length) < length) {
        throw SaveHeader.damaged(path, "it became shorter while it was read");
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static UserError unreadable(Path path, IOException e) {
    return new UserError("%s cannot be read: %s.".formatted(path, FileTrouble.of(e)), e);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }
}
