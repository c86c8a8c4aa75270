package dev.quire.monitor;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.memory.GuestMemory;

/** A guest's memory in which every gpa is its hpa, so that a hart can run on it by itself. */
public final class IdentityMemory implements AutoCloseable {
  public static final long BASE = 0x8000_0000L;

  public final PhysicalMemory machine;
  public final GuestMemory guest;
  private long free = BASE;

  public IdentityMemory(long bytes) {
    machine = new PhysicalMemory(BASE, bytes);
    guest = new GuestMemory(machine, new FrameTable(machine), null, 1, BASE, bytes, false);
    for (long gpa = BASE; gpa < BASE + bytes; gpa += 4096) {
      if (guest.frameFor(gpa >>> 12) != gpa >>> 12) {
        throw new AssertionError("frames are not given out in order");
      }
    }
  }

  /** The next 4 KiB that nobody was given. */
  public long allocate() {
    free += 4096;
    return free - 4096;
  }

  public static long pte(long gpa, long flags) {
    return gpa >>> 12 << 10 | flags;
  }

  public static long satp(int levels, long root) {
    return levels == 0 ? 0 : (long) (levels + 5) << 60 | root >>> 12;
  }

  /** Makes a path in the table at {@code root} and writes the leaf; the entry's gpa, or 0. */
  public long map(long root, int levels, long gva, int leafLevel, long leaf) {
    long table = root;
    for (int level = levels - 1; ; level--) {
      long at = table + (gva >>> 12 + 9 * level & 511) * 8;
      if (level == leafLevel) {
        machine.writeLong(at, leaf);
        return at;
      }
      if ((machine.readLong(at) & 1) == 0) {
        machine.writeLong(at, pte(allocate(), 1));
      }
      if ((machine.readLong(at) & 0xf) != 1) {
        return 0;
      }
      table = machine.readLong(at) << 2 & -4096L & (1L << 56) - 1;
    }
  }

  @Override
  public void close() {
    machine.close();
  }
}
