/**
 * Proxy memory: part of a VM's memory is taken by its balloon and becomes an exclusive cache of
 * what the guest evicts, in the monitor; so each miss of the rest is seen, and how often less or
 * more memory would miss (Lu and Shen, USENIX ATC 2007).
 *
 * <pre>
 *   ProxyMemory       one for each VM that has it: sizes, and what came of it
 *     DiskPages         which page of the guest matches which block of a disk, proven by write
 *                       protection; told by the disks of each whole page that they transfer
 *     ExclusiveCache    the blocks that the guest evicted, in frames of the machine
 *     MissTrace         the LRU stack of what was evicted, and the miss-ratio curve
 *       HitsBySize        how many reads would have hit from which size of memory on
 *         KeptSizes         and what the guest kept then, where the curve begins
 *   SwapDisk          a disk for the guest to swap to, whose store is the cache
 *   ProxyCounters     what was seen, and what it took
 * </pre>
 */
@NullMarked
package dev.quire.monitor.proxy;

import org.jspecify.annotations.NullMarked;
