package dev.quire.monitor.proxy;

/**
 * What a swap disk holds and did, in blocks of 4 KiB.
 *
 * @param reads of blocks, or parts of one
 * @param writes likewise
 * @param discards of blocks that held something
 * @param cached blocks that hold something which is in the cache and nowhere else
 * @param filed blocks that hold something which is in the swap file
 * @param stale those of both whose page the guest has read back and a program has changed since, so
 *     that nobody wants the content any more; and that were neither read again, written nor
 *     discarded. There are more of them: slots that the guest freed without having read them, or
 *     whose page its kernel changed, are not known. Only counted with proxy memory
 */
public record SwapDiskCounters(
    long reads, long writes, long discards, long cached, long filed, long stale) {
  /** Blocks that hold something. */
  public long held() {
    return cached + filed;
  }
}
