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
 *     that it has neither read again, written nor discarded since: an estimate of the slots that
 *     the guest has freed without a word. Too many, as pages that it dropped as they were are among
 *     them, and will be read again; too few, as slots that it freed without having read them are
 *     not. Only counted with proxy memory
 */
public record SwapDiskCounters(
    long reads, long writes, long discards, long cached, long filed, long stale) {
  /** Blocks that hold something. */
  public long held() {
    return cached + filed;
  }
}
