package dev.quire.monitor.proxy;

/**
 * What a swap disk holds and did, in blocks of 4 KiB.
 *
 * @param reads of blocks, or parts of one
 * @param writes likewise
 * @param discards of blocks that held something
 * @param cached blocks that hold something which is in the cache and nowhere else
 * @param filed blocks that hold something which is in the swap file
 * @param stale those of both whose page the guest has read back and no longer has as it was, and
 *     that it has neither read again, written nor discarded since: it stored to the page, or gave
 *     it away. Most of them are slots that the guest has freed without a word; but some pages were
 *     dropped as they were, and will be read again. Only counted with proxy memory
 */
public record SwapDiskCounters(
    long reads, long writes, long discards, long cached, long filed, long stale) {
  /** Blocks that hold something. */
  public long held() {
    return cached + filed;
  }
}
