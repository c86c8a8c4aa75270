package dev.quire.monitor.proxy;

/**
 * What a swap disk holds and did, in blocks of 4 KiB.
 *
 * @param reads of blocks, or parts of one
 * @param writes likewise
 * @param discards of blocks that held something
 * @param held blocks that hold something
 * @param stale those of them whose page the guest has read back and no longer has as it was, and
 *     that it has neither read again, written nor discarded since. Most of them are slots that the
 *     guest has freed without a word; some were clean pages that it dropped and will read again: so
 *     this is an upper limit. Only counted with proxy memory
 */
public record SwapDiskCounters(long reads, long writes, long discards, long held, long stale) {}
