package dev.quire.monitor.memory;

/**
 * What has happened to a VM's pages since it began, in pages.
 *
 * @param swappedOut written to the swap file
 * @param swappedIn read from the swap file
 * @param zeroDropped found to be all zero, and dropped instead of swapped
 * @param ballooned taken by the guest's balloon
 * @param balloonFreed those of them that had a machine frame, which became free
 * @param deflated given back by the guest's balloon
 * @param touchedBallooned touched while the guest's balloon had them
 * @param reported said by the guest to be free, and freed
 * @param breaks shared, and copied into a frame of their own because of a write
 * @param reused shared with nobody any more, and written without a copy
 */
public record PageTraffic(
    long swappedOut,
    long swappedIn,
    long zeroDropped,
    long ballooned,
    long balloonFreed,
    long deflated,
    long touchedBallooned,
    long reported,
    long breaks,
    long reused) {
  /** Of a VM to whose pages nothing has happened. */
  public static final PageTraffic NONE = new PageTraffic(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The sum of both. */
  public PageTraffic plus(PageTraffic other) {
    return new PageTraffic(
        swappedOut + other.swappedOut,
        swappedIn + other.swappedIn,
        zeroDropped + other.zeroDropped,
        ballooned + other.ballooned,
        balloonFreed + other.balloonFreed,
        deflated + other.deflated,
        touchedBallooned + other.touchedBallooned,
        reported + other.reported,
        breaks + other.breaks,
        reused + other.reused);
  }
}
