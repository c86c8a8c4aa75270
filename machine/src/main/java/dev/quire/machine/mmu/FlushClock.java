package dev.quire.machine.mmu;

import java.util.Arrays;

/**
 * Makes a flush of an address space cost a few instructions, whatever the cache holds: each entry
 * carries the time of its filling, each space the time of its last flush, and an entry that is not
 * younger is dead. Spaces share slots by hashing; then one is flushed with the other, which is only
 * slower.
 */
final class FlushClock {
  private static final int MACHINES = 64;
  private static final int SPACES = 1024;

  private long now = 1;
  private final long[] machineFlush = new long[MACHINES];
  private final long[] spaceFlush = new long[SPACES];

  /** The stamp for an entry filled now; never 0. */
  long stamp() {
    return now;
  }

  /** Whether an entry of {@code space} survives; one of a global mapping outlives ASID flushes. */
  boolean live(long stamp, long space, boolean global) {
    return stamp > machineFlush[Space.machine(space) & MACHINES - 1]
        && (global || stamp > spaceFlush[slot(space)]);
  }

  void flushAll() {
    Arrays.fill(machineFlush, now++);
  }

  /** Everything of a VMID, or of the host. */
  void flushMachine(long space) {
    machineFlush[Space.machine(space) & MACHINES - 1] = now++;
  }

  /** Everything of an ASID of a VMID or of the host, except global mappings. */
  void flushSpace(long space) {
    spaceFlush[slot(space)] = now++;
  }

  private static int slot(long space) {
    return Space.asid(space) * 31 + Space.machine(space) * 257 & SPACES - 1;
  }
}
