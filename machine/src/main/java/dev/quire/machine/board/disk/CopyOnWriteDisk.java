package dev.quire.machine.board.disk;

import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk that the guest may write over a base that never changes. Written sectors live at their own
 * place in a sparse temporary file, made at the first write and gone when the disk is closed or the
 * process ends; nothing outlives the machine, so a flush has nothing to do.
 */
public final class CopyOnWriteDisk implements BlockStore {
  private static final int BLOCK_SHIFT = 12;
  private static final int BLOCK_SECTORS = 1 << BLOCK_SHIFT;

  private final BlockStore base;
  private final Map<Long, BitSet> written = new HashMap<>();
  private @Nullable FileChannel overlay;

  /** {@code base} is closed with this disk. */
  public CopyOnWriteDisk(BlockStore base) {
    this.base = base;
  }

  /** Over the image {@code path}, which several machines may share. */
  public CopyOnWriteDisk(Path path) {
    this(new ReadOnlyDisk(path));
  }

  @Override
  public long sectors() {
    return base.sectors();
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    int count = length / SECTOR;
    for (int first = 0, next; first < count; first = next) {
      boolean changed = isWritten(sector + first);
      next = first + 1;
      while (next < count && isWritten(sector + next) == changed) {
        next++;
      }
      int at = offset + first * SECTOR;
      int bytes = (next - first) * SECTOR;
      if (changed) {
        readOverlay(sector + first, to, at, bytes);
      } else {
        base.read(sector + first, to, at, bytes);
      }
    }
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    FileChannel file = overlay();
    ByteBuffer buffer = ByteBuffer.wrap(from, offset, length);
    while (buffer.hasRemaining()) {
      file.write(buffer, sector * SECTOR + length - buffer.remaining());
    }
    for (long i = sector; i < sector + length / SECTOR; i++) {
      written
          .computeIfAbsent(i >>> BLOCK_SHIFT, block -> new BitSet(BLOCK_SECTORS))
          .set((int) i & BLOCK_SECTORS - 1);
    }
  }

  @Override
  public void flush() {}

  /** A section with the number of blocks, and one for each: its number, which sectors, these. */
  @Override
  public void save(StateWriter out) {
    out.section("overlay", content -> content.putInt(written.size()));
    new TreeMap<>(written)
        .forEach(
            (block, sectors) ->
                out.section("block", content -> saveBlock(content, block, sectors)));
  }

  private void saveBlock(StateWriter out, long block, BitSet sectors) {
    out.putLong(block);
    out.put(Arrays.copyOf(sectors.toByteArray(), BLOCK_SECTORS / Byte.SIZE));
    byte[] bytes = new byte[SECTOR];
    try {
      for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
        readOverlay((block << BLOCK_SHIFT) + i, bytes, 0, SECTOR);
        out.put(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void load(StateReader in) {
    int most = (int) ((sectors() - 1 >>> BLOCK_SHIFT) + 1);
    int[] count = new int[1];
    in.section("overlay", content -> count[0] = content.getInt("the number of blocks", 0, most));
    for (int i = 0; i < count[0]; i++) {
      in.section("block", this::loadBlock);
    }
  }

  private void loadBlock(StateReader in) {
    long last = sectors() - 1;
    long block = in.getLong("the block", 0, last >>> BLOCK_SHIFT);
    BitSet sectors = BitSet.valueOf(in.get(BLOCK_SECTORS / Byte.SIZE));
    if ((block << BLOCK_SHIFT) + sectors.length() - 1 > last) {
      throw in.fault("there is a sector behind the disk's last, %d", last);
    }
    try {
      for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
        write((block << BLOCK_SHIFT) + i, in.get(SECTOR), 0, SECTOR);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    FileChannel file = overlay;
    overlay = null;
    written.clear();
    try {
      if (file != null) {
        file.close();
      }
    } finally {
      base.close();
    }
  }

  private boolean isWritten(long sector) {
    BitSet block = written.get(sector >>> BLOCK_SHIFT);
    return block != null && block.get((int) sector & BLOCK_SECTORS - 1);
  }

  private void readOverlay(long sector, byte[] to, int offset, int length) throws IOException {
    FileChannel file = overlay();
    ByteBuffer buffer = ByteBuffer.wrap(to, offset, length);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, sector * SECTOR + length - buffer.remaining()) < 0) {
        throw new EOFException("the overlay has become shorter");
      }
    }
  }

  private FileChannel overlay() throws IOException {
    FileChannel file = overlay;
    if (file == null) {
      Path path = Files.createTempFile("quire-overlay", ".disk");
      file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      overlay = file;
    }
    return file;
  }
}
