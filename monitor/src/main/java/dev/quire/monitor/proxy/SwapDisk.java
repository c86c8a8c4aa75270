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
import org.jspecify.annotations.Nullable;

/**
 * A disk inside the monitor, for a guest to swap to. It consists of blocks of 4 KiB, which Linux
 * calls slots. Reads and writes may be of any sectors, as on every disk.
 *
 * <pre>
 *   written       the content goes into the VM's exclusive cache, as all that there is of it
 *                   no room there, or no proxy memory: into a slot of the machine's swap file
 *   displaced     by what the guest evicted later: into the file
 *   read          if it was in the cache: into the file, for it goes to the guest and leaves the
 *                   cache; the guest may read it again, so that the file keeps it
 *   discarded     gone: as if it had never been written, zeros that cost nothing
 * </pre>
 *
 * <p>If the file cannot grow, what would be displaced stays, what is read stays, too, and what is
 * written is an I/O error for the guest, which leaves the block as it was. Nothing is ever lost.
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
  private final Object lock;

  /** Null without proxy memory. */
  private @Nullable ExclusiveCache cache;

  /** The key of block 0 there. */
  private long firstKey;

  /** By block: the file's slot, or {@link #NONE}. */
  private final int[] slots;

  /** Blocks whose content is in the cache and nowhere else. */
  private final BitSet cached = new BitSet();

  /** Blocks whose content the guest has most likely no use for any more. */
  private final BitSet stale = new BitSet();

  private final byte[] page = new byte[PAGE];
  private int filed;
  private long reads;
  private long writes;
  private long discards;

  /**
   * An empty one. A {@link UserError} for a size that is not possible.
   *
   * @param bytes whole blocks, up to {@link #MOST}
   * @param file for what has no room in the cache; left open
   * @param lock of the cache, if there will be one: the VM's memory. Whoever uses the disk takes it
   */
  public SwapDisk(long bytes, PageSlots file, Object lock) {
    this.file = file;
    this.lock = lock;
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

  /** Puts what is written into {@code exclusive} from now on, from {@code key} on. */
  void join(ExclusiveCache exclusive, long key) {
    cache = exclusive;
    firstKey = key;
    exclusive.keepIn(this::keep);
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    synchronized (lock) {
      for (int done = 0; done < length; ) {
        long position = sector * SECTOR + done;
        int from = (int) position & PAGE - 1;
        int count = Math.min(PAGE - from, length - done);
        int block = (int) (position >>> SHIFT);
        load(block);
        taken(block);
        System.arraycopy(page, from, to, offset + done, count);
        done += count;
      }
    }
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    synchronized (lock) {
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
  }

  /** Puts a block's content into {@link #page}. */
  private void load(int block) throws IOException {
    if (cache != null && cached.get(block)) {
      cache.read(firstKey + block, page, 0);
    } else if (slots[block] == NONE) {
      Arrays.fill(page, (byte) 0);
    } else {
      try {
        file.read(slots[block], page);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
  }

  /** Makes {@link #page} a block's content; it keeps what it has if that is not possible. */
  private void store(int block) throws IOException {
    boolean enters = cache != null && cache.enterOnly(firstKey + block, page);
    int slot = enters ? NONE : file.write(page);
    if (!enters && slot < 0) {
      throw new IOException(file.failure());
    }
    free(block);
    cached.set(block, enters);
    stale.clear(block);
    if (!enters) {
      put(block, slot);
    }
  }

  private void put(int block, int slot) {
    slots[block] = slot;
    filed++;
  }

  private void free(int block) {
    if (slots[block] != NONE) {
      file.free(slots[block]);
      slots[block] = NONE;
      filed--;
    }
  }

  /** A block is about to leave the cache, for lack of room or since the guest takes it. */
  private boolean keep(long key, byte[] content) {
    int slot = file.write(content);
    if (slot >= 0) {
      int block = (int) (key - firstKey);
      cached.clear(block);
      put(block, slot);
    }
    return slot >= 0;
  }

  private boolean holds(int block) {
    return cached.get(block) || slots[block] != NONE;
  }

  @Override
  public boolean discards() {
    return true;
  }

  @Override
  public void discard(long sector, long count) {
    synchronized (lock) {
      int end = (int) ((sector + count) / SECTORS);
      for (int block = (int) Math.ceilDiv(sector, SECTORS); block < end; block++) {
        discards += holds(block) ? 1 : 0;
        if (cache != null && cached.get(block)) {
          cache.drop(firstKey + block);
          cached.clear(block);
        }
        free(block);
        stale.clear(block);
      }
    }
  }

  /** Nothing outlives the virtual machine, so there is nothing to do. */
  @Override
  public void flush() {}

  /** The guest has read a block, from here or from the cache. */
  void taken(int block) {
    synchronized (lock) {
      stale.clear(block);
      reads++;
    }
  }

  /** The page that was filled from a block is not what it was: changed, or used for another. */
  void changed(long block) {
    synchronized (lock) {
      stale.set((int) block, holds((int) block));
    }
  }

  /** What it holds and did. */
  public SwapDiskCounters counters() {
    synchronized (lock) {
      return new SwapDiskCounters(
          reads, writes, discards, cached.cardinality(), filed, stale.cardinality());
    }
  }

  // ---- a saved state -------------------------------------------------------------------------

  /** A section with the number of blocks, then sections of up to 128, each after its number. */
  @Override
  public void save(StateWriter out) {
    synchronized (lock) {
      int held = cached.cardinality() + filed;
      out.section("swap disk", content -> content.putInt(held));
      int[] next = new int[1];
      for (int left = held; left > 0; left -= SAVED_TOGETHER) {
        int count = Math.min(SAVED_TOGETHER, left);
        out.section("swapped", content -> next[0] = save(content, next[0], count));
      }
    }
  }

  /** Saves so many blocks from {@code first} on; the one behind the last. */
  private int save(StateWriter out, int first, int count) {
    int block = first;
    try {
      for (int i = 0; i < count; block++) {
        if (holds(block)) {
          load(block);
          out.putInt(block);
          out.put(page);
          i++;
        }
      }
      return block;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void load(StateReader in) {
    int[] left = new int[1];
    in.section(
        "swap disk", content -> left[0] = content.getInt("the number of slots", 0, slots.length));
    for (; left[0] > 0; left[0] -= SAVED_TOGETHER) {
      in.section("swapped", content -> load(content, Math.min(SAVED_TOGETHER, left[0])));
    }
  }

  private void load(StateReader in, int count) {
    synchronized (lock) {
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
  }

  /** Gives the file's slots back; the cache ends with its VM. */
  @Override
  public void close() {
    synchronized (lock) {
      cached.clear();
      for (int block = 0; block < slots.length; block++) {
        free(block);
      }
    }
  }
}
