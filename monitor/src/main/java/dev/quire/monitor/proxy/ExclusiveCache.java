package dev.quire.monitor.proxy;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.FrameTable.Use;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Blocks of a VM's disks in frames of the machine, each under a key. Whoever entered first leaves
 * first if there is no room: as a hit leaves, too, that is the order of use. What the disk also has
 * is dropped; what is nowhere else is saved first, or stays.
 *
 * <p>Guarded by the monitor of the VM's {@link dev.quire.monitor.memory.GuestMemory}.
 */
final class ExclusiveCache {
  private static final int SHIFT = PhysicalMemory.FRAME_SHIFT;
  private static final int PAGE = (int) PhysicalMemory.FRAME_SIZE;

  /** Where blocks go that are nowhere else. */
  @FunctionalInterface
  interface Keeper {
    /** Keeps the block's content, 4096 bytes; false if it cannot. */
    boolean save(long key, byte[] content);
  }

  /**
   * So many frames of blocks that left wait for the next ones: a frame that goes back to the
   * machine and comes again costs more than all else here, for the host clears it.
   */
  private static final int MOST_SPARE = 64;

  /** In place of a page that a block came from. */
  static final long NOWHERE = -1;

  /**
   * A block.
   *
   * @param origin gfn of the page that it was evicted from, or {@link #NOWHERE}
   * @param only whether it is nowhere else
   */
  private record Entry(long hfn, long origin, boolean only) {}

  private final PhysicalMemory memory;
  private final FrameTable frames;
  private final int vm;
  private final IntSupplier capacity;
  private final byte[] page = new byte[PAGE];

  /** In the order in which they entered. */
  private final Map<Long, Entry> entries = new LinkedHashMap<>();

  /** Frames of no block, the last to be used next. */
  private final ArrayDeque<Long> spare = new ArrayDeque<>();

  private Keeper keeper = (key, content) -> false;
  private long displaced;
  private long refused;

  /**
   * An empty one.
   *
   * @param vm owner of its frames
   * @param capacity how many blocks it may have at the moment
   */
  ExclusiveCache(PhysicalMemory memory, FrameTable frames, int vm, IntSupplier capacity) {
    this.memory = memory;
    this.frames = frames;
    this.vm = vm;
    this.capacity = capacity;
  }

  /** Says where blocks go that are nowhere else, before there are any. */
  void keepIn(Keeper newKeeper) {
    keeper = newKeeper;
  }

  int size() {
    return entries.size();
  }

  /** Frames that it has: of its blocks, and those that wait for some. */
  int frames() {
    return entries.size() + spare.size();
  }

  boolean contains(long key) {
    return entries.containsKey(key);
  }

  /** The page that a block was evicted from, or {@link #NOWHERE}, also if the block is not here. */
  long origin(long key) {
    Entry entry = entries.get(key);
    return entry == null ? NOWHERE : entry.origin;
  }

  /** Whether it may have any blocks. */
  boolean hasRoom() {
    return capacity.getAsInt() > 0;
  }

  /** How many left for lack of room. */
  long displaced() {
    return displaced;
  }

  /** How many did not enter for lack of room. */
  long refused() {
    return refused;
  }

  /**
   * Enters a block that is not here, and that its disk has, too; not if there is no room.
   *
   * @param origin gfn of the page that it was evicted from
   */
  void enter(long key, long origin, byte[] content) {
    boolean _ = enter(key, origin, false, content);
  }

  /**
   * Enters a block that is nowhere else, in place of what is here, if anything is; false if nothing
   * is and there is no room.
   */
  boolean enterOnly(long key, byte[] content) {
    Entry before = entries.remove(key);
    if (before == null) {
      return enter(key, NOWHERE, true, content);
    }
    memory.write(before.hfn << SHIFT, content, 0, PAGE);
    entries.put(key, new Entry(before.hfn, NOWHERE, true));
    return true;
  }

  private boolean enter(long key, long origin, boolean only, byte[] content) {
    long hfn = room();
    if (hfn < 0) {
      refused++;
      return false;
    }
    memory.write(hfn << SHIFT, content, 0, PAGE);
    entries.put(key, new Entry(hfn, origin, only));
    return true;
  }

  /** A frame for one more block; -1 if there is none. */
  private long room() {
    int most = capacity.getAsInt();
    shrink(most);
    if (!spare.isEmpty()) {
      return spare.removeLast();
    }
    long hfn = entries.size() < most ? frames.allocateSpare(Use.CACHE, vm) : -1;
    return hfn >= 0 || most == 0 ? hfn : displace();
  }

  /** Lets the first go that can; its frame, or -1. Once one cannot be saved, no other is tried. */
  private long displace() {
    boolean saves = true;
    Iterator<Map.Entry<Long, Entry>> oldest = entries.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Long, Entry> each = oldest.next();
      boolean only = each.getValue().only;
      saves = saves && save(each.getKey(), each.getValue());
      if (saves || !only) {
        oldest.remove();
        displaced++;
        return each.getValue().hfn;
      }
    }
    return -1;
  }

  /** Makes sure that a block is somewhere else, too; false if that cannot be. */
  private boolean save(long key, Entry entry) {
    if (!entry.only) {
      return true;
    }
    memory.read(entry.hfn << SHIFT, page, 0, PAGE);
    return keeper.save(key, page);
  }

  /**
   * Reads a block, which leaves, for it goes to the guest; unless it is nowhere else and cannot be
   * saved. False if it is not here.
   */
  boolean take(long key, byte[] to, int offset) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return false;
    }
    memory.read(entry.hfn << SHIFT, to, offset, PAGE);
    if (save(key, entry)) {
      drop(key);
    }
    return true;
  }

  /** Reads a block, which stays. False if it is not here. */
  boolean read(long key, byte[] to, int offset) {
    Entry entry = entries.get(key);
    if (entry != null) {
      memory.read(entry.hfn << SHIFT, to, offset, PAGE);
    }
    return entry != null;
  }

  /** A block's content means nothing any more. False if it is not here. */
  boolean drop(long key) {
    Entry entry = entries.remove(key);
    if (entry != null && spare.size() < MOST_SPARE) {
      spare.addLast(entry.hfn);
    } else if (entry != null) {
      var _ = frames.release(entry.hfn);
    }
    return entry != null;
  }

  /** The same for what the disk has, too; what is nowhere else stays. */
  void dropCopy(long key) {
    Entry entry = entries.get(key);
    if (entry != null && !entry.only) {
      drop(key);
    }
  }

  /** Gives frames back that are too many now, of the first blocks if need be. */
  void shrink() {
    shrink(capacity.getAsInt());
  }

  /** The same until there are at most {@code most}, as far as blocks can go. */
  void shrink(int most) {
    while (frames() > most) {
      long hfn = spare.isEmpty() ? displace() : spare.removeLast();
      if (hfn < 0) {
        return;
      }
      var _ = frames.release(hfn);
    }
  }

  /** Gives all frames back, whatever is in them. */
  void close() {
    entries.values().forEach(entry -> frames.release(entry.hfn));
    entries.clear();
    spare.forEach(frames::release);
    spare.clear();
  }
}
