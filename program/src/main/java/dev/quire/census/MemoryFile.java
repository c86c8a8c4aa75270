package dev.quire.census;

import dev.quire.machine.board.UserError;
import dev.quire.save.SaveFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that holds memory. What is not in it does not exist, unless its format says that it is
 * zero. Any thread; a {@link UserError} if reading fails.
 */
public interface MemoryFile extends AutoCloseable {
  /**
   * Opens a file and finds out what it is.
   *
   * @param raw whether its bytes are the memory, whatever they look like
   */
  static MemoryFile open(Path path, boolean raw) {
    String name = path.toString();
    FileChannel channel;
    try {
      if (!isReadable(path)) {
        throw UserError.of("%s holds no memory: it is neither a file nor a disk.", name);
      }
      if (!raw && SaveFile.isSave(path)) {
        return new SavedMemory(SaveFile.open(path));
      }
      channel = FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new UserError("There is no file %s.".formatted(name), e);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
    try {
      return FileFormat.recognize(name, channel, raw);
    } catch (IOException e) {
      close(channel);
      throw unreadable(name, e);
    } catch (UserError e) {
      close(channel);
      throw e;
    }
  }

  /** Whether reading it ends, and waits for nobody: a pipe would wait. */
  private static boolean isReadable(Path path) throws IOException {
    int type = (Integer) Files.getAttribute(path, "unix:mode") & 0170000; // S_IFMT
    return type == 0100000 || type == 0060000; // S_IFREG, S_IFBLK
  }

  /** The sentence for a failure of the host's. */
  static UserError unreadable(String name, IOException e) {
    return new UserError("%s cannot be read: %s.".formatted(name, e), e);
  }

  /** Closes what was only read. */
  static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      return; // nothing was written
    }
  }

  String name();

  /** What a user should know about how it is read; or empty. */
  String note();

  /** Bytes of memory in it. */
  long bytes();

  /** The least number of a 2 MiB block with memory, {@code from} or more; -1 if there is none. */
  long nextBlock(long from);

  /**
   * Reads memory; zeros where there is none.
   *
   * @param address a multiple of 4 KiB
   * @param buffer filled as a whole; a multiple of 4 KiB
   * @param present set for each page: whether it exists
   * @return how many bytes of it there are
   */
  int read(long address, MemorySegment buffer, boolean[] present);

  @Override
  void close();
}
