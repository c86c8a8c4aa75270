package dev.quire.monitor.sharing;

/**
 * What came of looking at pages. Of each page exactly one came:
 *
 * <pre>
 *   scanned = zeroDropped + skippedVolatile + known + hinted + merged + failed
 *   hintHits + sharedHits = merged + failed
 * </pre>
 *
 * @param passes over all pages, that have ended
 * @param scanned pages looked at that had a frame which could be shared
 * @param zeroDropped all zero, and dropped
 * @param skippedVolatile changed since they were last seen, or under the scanner's eyes before they
 *     were dropped, and so left alone this time
 * @param known that stand for their content already, as a hint or shared; where only zeros are
 *     dropped, all others
 * @param hinted that became a hint, since no other page of this content was known
 * @param hintHits equal to a hint
 * @param falseHints hints that had changed, or were no more, when they were met; dropped
 * @param sharedHits equal to a shared frame
 * @param falseShared shared frames that were no more, or had changed, when they were met; dropped
 * @param promoted hints whose frame became a shared one
 * @param merged that gave their frame up for a shared one
 * @param failed of the hits: one of both changed, or was used otherwise, before they were merged
 */
public record ScanCounters(
    long passes,
    long scanned,
    long zeroDropped,
    long skippedVolatile,
    long known,
    long hinted,
    long hintHits,
    long falseHints,
    long sharedHits,
    long falseShared,
    long promoted,
    long merged,
    long failed) {
  /** Of a scanner that has not looked at anything. */
  public static final ScanCounters NONE = new ScanCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
