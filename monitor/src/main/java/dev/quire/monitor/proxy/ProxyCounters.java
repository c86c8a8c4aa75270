package dev.quire.monitor.proxy;

/**
 * What proxy memory saw since the VM began, in pages of 4 KiB.
 *
 * @param reads that the guest read from its disks, whole pages: the misses of its own memory
 * @param hits of these that came from the cache
 * @param inPlace that came from another page of the guest's, which still matched the block
 * @param diskReads that came from the disk
 * @param writes that the guest wrote to its disks, whole pages
 * @param partial transfers of other sizes or alignments, which are not followed
 * @param byStore evictions seen by the first store of a vCPU to a page that matched a block
 * @param byReport by the guest's report that the page is free
 * @param byTransfer by another transfer into the page
 * @param byBalloon because the guest's balloon took the page
 * @param changed pages that matched a block until a program changed them: no evictions
 * @param falseEvictions that turned out to be writes: the same page was written to the block later
 * @param overwritten cached blocks that were written from another page, or discarded
 * @param displaced that left the cache for lack of room
 * @param refused that did not enter it for lack of room
 * @param checked hits that were compared with the disk
 * @param wrong of these that differed: always 0
 * @param nanos of the host's time in transfers, reports and the balloon; stores are exits, see
 *     {@link dev.quire.monitor.vcpu.Exits#watchedNanos}
 */
public record ProxyCounters(
    long reads,
    long hits,
    long inPlace,
    long diskReads,
    long writes,
    long partial,
    long byStore,
    long byReport,
    long byTransfer,
    long byBalloon,
    long changed,
    long falseEvictions,
    long overwritten,
    long displaced,
    long refused,
    long checked,
    long wrong,
    long nanos) {
  /** What has been counted since {@code earlier}, of the same VM. */
  public ProxyCounters since(ProxyCounters earlier) {
    return new ProxyCounters(
        reads - earlier.reads,
        hits - earlier.hits,
        inPlace - earlier.inPlace,
        diskReads - earlier.diskReads,
        writes - earlier.writes,
        partial - earlier.partial,
        byStore - earlier.byStore,
        byReport - earlier.byReport,
        byTransfer - earlier.byTransfer,
        byBalloon - earlier.byBalloon,
        changed - earlier.changed,
        falseEvictions - earlier.falseEvictions,
        overwritten - earlier.overwritten,
        displaced - earlier.displaced,
        refused - earlier.refused,
        checked - earlier.checked,
        wrong - earlier.wrong,
        nanos - earlier.nanos);
  }
}
