package dev.quire.monitor.proxy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.PageSlots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * A disk inside the monitor, for a guest to swap to. It consists of blocks of 4 KiB, which Linux
 * calls slots; a block that holds anything has its content in a slot of the machine's {@link
 * dev.quire.monitor.memory.SwapFile}, and one that was never written, or was discarded, is zeros
 * and costs nothing. Reads and writes may be of any sectors, as on every disk.
 *
 * <p>A block that cannot be written, since the file cannot grow, keeps its content, and the guest
 * gets an I/O error. Its own lock is the last that a thread takes.
 */
public final class SwapDisk implements BlockStore {
  /** Most bytes. */
  public static final long MOST = 16L << 30;

  private static final int SHIFT = 12;
  private static final int PAGE = 1 << SHIFT;
  private static final int SECTORS = PAGE / SECTOR;
  private static final int NONE = -1;

  /** Blocks in a section of a saved state: half a megabyte. */
  private static final int SAVED_TOGETHER = 128;

  private final PageSlots file;

  /** By block: the file's slot, or {@link #NONE}. */
  private final int[] slots;

  /** Blocks whose content the guest has most likely no use for any more. */
  private final BitSet stale = new BitSet();

  private final byte[] page = new byte[PAGE];
  private int held;
  private long reads;
  private long writes;
  private long discards;

  /**
   * An empty one. A {@link UserError} for a size that is not possible.
   *
   * @param bytes whole blocks, up to {@link #MOST}
   * @param file where it keeps what it holds; left open
   */
  public SwapDisk(long bytes, PageSlots file) {
    this.file = file;
    this.slots = new int[(int) (checked(bytes) >> SHIFT)];
    Arrays.fill(slots, NONE);
  }

  /** A size that is possible; a {@link UserError} for others. */
  public static long checked(long bytes) {
    if (bytes <= 0 || bytes > MOST || bytes % PAGE != 0) {
      throw UserError.of(
          "A swap disk of %,d bytes is not possible: at most %dG is, in whole pages of 4 KiB.",
          bytes, MOST >> 30);
    }
    return bytes;
  }

  @Override
  public long sectors() {
    return (long) slots.length * SECTORS;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public synchronized void read(long sector, byte[] to, int offset, int length) throws IOException {
    for (int done = 0; done < length; ) {
      long position = sector * SECTOR + done;
      int from = (int) position & PAGE - 1;
      int count = Math.min(PAGE - from, length - done);
      int block = (int) (position >>> SHIFT);
      load(block);
      stale.clear(block);
      reads++;
      System.arraycopy(page, from, to, offset + done, count);
      done += count;
    }
  }

  @Override
  public synchronized void write(long sector, byte[] from, int offset, int length)
      throws IOException {
    for (int done = 0; done < length; ) {
      long position = sector * SECTOR + done;
      int to = (int) position & PAGE - 1;
      int count = Math.min(PAGE - to, length - done);
      int block = (int) (position >>> SHIFT);
      if (count < PAGE) {
        load(block);
      }
      System.arraycopy(from, offset + done, page, to, count);
      store(block);
      writes++;
      done += count;
    }
  }

  /** Puts a block's content into {@link #page}. */
  private void load(int block) throws IOException {
    if (slots[block] == NONE) {
      Arrays.fill(page, (byte) 0);
      return;
    }
    try {
      file.read(slots[block], page);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Makes {@link #page} a block's content; it keeps what it has if that is not possible. */
  private void store(int block) throws IOException {
    int slot = file.write(page);
    if (slot < 0) {
      throw new IOException(file.failure());
    }
    free(block);
    slots[block] = slot;
    held++;
  }

  private void free(int block) {
    if (slots[block] != NONE) {
      file.free(slots[block]);
      slots[block] = NONE;
      held--;
    }
    stale.clear(block);
  }

  @Override
  public boolean discards() {
    return true;
  }

  @Override
  public synchronized void discard(long sector, long count) {
    int end = (int) ((sector + count) / SECTORS);
    for (int block = (int) Math.ceilDiv(sector, SECTORS); block < end; block++) {
      discards += slots[block] == NONE ? 0 : 1;
      free(block);
    }
  }

  /** Nothing outlives the virtual machine, so there is nothing to do. */
  @Override
  public void flush() {}

  /** The page that the guest filled from a block is not what it was: it was written, or reused. */
  synchronized void changed(long block) {
    stale.set((int) block, slots[(int) block] != NONE);
  }

  /** What it holds and did. */
  public synchronized SwapDiskCounters counters() {
    return new SwapDiskCounters(reads, writes, discards, held, stale.cardinality());
  }

  // ---- a saved state -------------------------------------------------------------------------

  /** A section with the number of blocks, then sections of up to 128, each after its number. */
  @Override
  public synchronized void save(StateWriter out) {
    out.section("swap disk", content -> content.putInt(held));
    int next = 0;
    for (int left = held; left > 0; left -= SAVED_TOGETHER) {
      int first = next;
      int count = Math.min(SAVED_TOGETHER, left);
      int[] end = new int[1];
      out.section("swapped", content -> end[0] = save(content, first, count));
      next = end[0];
    }
  }

  /** Saves so many blocks; the one behind the last. */
  private int save(StateWriter out, int first, int count) {
    int block = first;
    for (int i = 0; i < count; block++) {
      if (slots[block] != NONE) {
        file.read(slots[block], page);
        out.putInt(block);
        out.put(page);
        i++;
      }
    }
    return block;
  }

  @Override
  public synchronized void load(StateReader in) {
    int[] left = new int[1];
    in.section(
        "swap disk", content -> left[0] = content.getInt("the number of slots", 0, slots.length));
    for (; left[0] > 0; left[0] -= SAVED_TOGETHER) {
      in.section("swapped", content -> load(content, Math.min(SAVED_TOGETHER, left[0])));
    }
  }

  private void load(StateReader in, int count) {
    try {
      for (int i = 0; i < count; i++) {
        int block = in.getInt("the slot", 0, slots.length - 1);
        System.arraycopy(in.get(PAGE), 0, page, 0, PAGE);
        store(block);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the file's slots back. */
  @Override
  public synchronized void close() {
    for (int block = 0; block < slots.length; block++) {
      free(block);
    }
  }
}
