package dev.quire.machine.board.disk;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An open and locked image file. A writer has it alone; readers share it. Between processes this is
 * the operating system's file lock. Within this process it is a table of open files, because the
 * system's locks belong to the process and closing any channel of a file drops them all: so readers
 * of a file share one channel, and a file that is in use is not even opened again.
 */
final class DiskFile implements Closeable {
  private static final Map<Object, DiskFile> OPEN = new HashMap<>();

  private final Object key;
  private final FileChannel channel;
  private final boolean writable;
  private final long sectors;
  private int users = 1;

  private DiskFile(Object key, FileChannel channel, boolean writable, long sectors) {
    this.key = key;
    this.channel = channel;
    this.writable = writable;
    this.sectors = sectors;
  }

  /** Opens {@code path}; all that can be wrong with it is a {@link UserError}. */
  static DiskFile open(Path path, boolean writable) {
    synchronized (OPEN) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        long sectors = checkedSectors(path, attributes);
        Object key = Objects.requireNonNullElse(attributes.fileKey(), path.toRealPath());
        DiskFile open = OPEN.get(key);
        if (open != null) {
          if (writable || open.writable) {
            throw inUse(path);
          }
          open.users++;
          return open;
        }
        DiskFile file = new DiskFile(key, openLocked(path, writable), writable, sectors);
        OPEN.put(key, file);
        return file;
      } catch (NoSuchFileException e) {
        throw new UserError("There is no disk image " + path + ".");
      } catch (AccessDeniedException e) {
        String what = writable ? "read and written" : "read";
        throw new UserError("The disk image " + path + " may not be " + what + " by this user.");
      } catch (IOException e) {
        throw new UserError("The disk image " + path + " cannot be opened: " + e + ".");
      }
    }
  }

  private static long checkedSectors(Path path, BasicFileAttributes attributes) {
    if (!attributes.isRegularFile()) {
      throw new UserError("The disk image " + path + " is not a regular file.");
    }
    long size = attributes.size();
    if (size == 0 || size % BlockStore.SECTOR != 0) {
      throw new UserError(
          "The disk image %s has %d bytes, which is not a multiple of %d above 0."
              .formatted(path, size, BlockStore.SECTOR));
    }
    return size / BlockStore.SECTOR;
  }

  private static FileChannel openLocked(Path path, boolean writable) throws IOException {
    FileChannel channel =
        writable
            ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
            : FileChannel.open(path, StandardOpenOption.READ);
    boolean locked = false;
    try {
      @Nullable FileLock lock = channel.tryLock(0, Long.MAX_VALUE, !writable);
      if (lock == null) {
        throw inUse(path);
      }
      locked = true;
      return channel;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static UserError inUse(Path path) {
    return new UserError(
        "The disk image "
            + path
            + " is in use; one virtual machine may write it, or several read it.");
  }

  long sectors() {
    return sectors;
  }

  void read(long position, byte[] to, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(to, offset, length);
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, position + length - buffer.remaining());
      if (count < 0) {
        throw new EOFException("the disk image has become shorter");
      }
    }
  }

  void write(long position, byte[] from, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(from, offset, length);
    while (buffer.hasRemaining()) {
      channel.write(buffer, position + length - buffer.remaining());
    }
  }

  /** Whole contents and length on the medium. */
  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    synchronized (OPEN) {
      if (--users == 0) {
        OPEN.remove(key);
        channel.close();
      }
    }
  }
}
