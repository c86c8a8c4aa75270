package dev.quire.monitor.memory;

import dev.quire.machine.board.UserError;
import dev.quire.machine.memory.PhysicalMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the monitor puts pages of VMs for which the machine has no frames: a sparse file of 4 KiB
 * slots, which grows as it is used. The file has no name from the moment it is there, so that it
 * ends with the process, however that ends, and nobody else can open it. Lowest slots go first.
 * Thread-safe.
 */
public final class SwapFile implements PageSlots, AutoCloseable {
  private static final int PAGE = (int) PhysicalMemory.FRAME_SIZE;
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Set<StandardOpenOption> OPTIONS =
      Set.of(
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.SPARSE,
          StandardOpenOption.DELETE_ON_CLOSE); // on Unix: unlinked as soon as it is open

  private final Path place;
  private final FileChannel file;
  private final BitSet used = new BitSet();

  /** By slot: in how many pages' stead it is beyond the first; for those that are. */
  private final Map<Integer, Integer> others = new HashMap<>();

  private int count;
  private volatile @Nullable String failure;

  private SwapFile(Path place, FileChannel file) {
    this.place = place;
    this.file = file;
  }

  /** An empty one in {@code folder}; a {@link UserError} if there can be none. */
  public static SwapFile in(Path folder) {
    return at(folder.resolve("quire-swap-" + ProcessHandle.current().pid() + "-" + nonce()));
  }

  /** An empty one on the disk of {@code file}, which must not exist; a {@link UserError} if not. */
  public static SwapFile at(Path file) {
    try {
      Path folder = file.toAbsolutePath().resolveSibling("");
      return new SwapFile(folder, FileChannel.open(file, OPTIONS, PRIVATE));
    } catch (FileAlreadyExistsException e) {
      throw new UserError("The swap file %s exists already: name a new one.".formatted(file), e);
    } catch (IOException e) {
      throw new UserError(
          "The swap file %s cannot be made (%s): name another place.".formatted(file, e), e);
    }
  }

  private static String nonce() {
    return Long.toHexString(System.nanoTime());
  }

  @Override
  public int write(byte[] page) {
    int slot;
    synchronized (this) {
      slot = used.nextClearBit(0);
      used.set(slot);
      count++;
    }
    try {
      ByteBuffer from = ByteBuffer.wrap(page);
      while (from.hasRemaining()) {
        var _ = file.write(from, (long) slot * PAGE + from.position());
      }
      failure = null;
      return slot;
    } catch (IOException e) {
      free(slot);
      failure = "the swap file in %s cannot grow: %s".formatted(place, e.getMessage());
      return -1;
    }
  }

  @Override
  public void read(int slot, byte[] page) {
    try {
      ByteBuffer to = ByteBuffer.wrap(page);
      while (to.hasRemaining()) {
        if (file.read(to, (long) slot * PAGE + to.position()) < 0) {
          throw new IOException("slot %d is beyond the file's end".formatted(slot));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the swap file in %s cannot be read".formatted(place), e);
    }
  }

  /** Says that a slot, whose content never changes, is in one more page's stead. */
  synchronized void retain(int slot) {
    others.merge(slot, 1, Integer::sum);
    count++;
  }

  /** For one of the pages in whose stead it is. */
  @Override
  public synchronized void free(int slot) {
    count--;
    Integer more = others.get(slot);
    if (more == null) {
      used.clear(slot);
    } else if (more == 1) {
      others.remove(slot);
    } else {
      others.put(slot, more - 1);
    }
  }

  /** Pages in whose stead its slots are. */
  public synchronized int pages() {
    return count;
  }

  @Override
  public @Nullable String failure() {
    return failure;
  }

  /** The folder that it is in. */
  public Path place() {
    return place;
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the swap file in %s cannot be closed".formatted(place), e);
    }
  }
}
