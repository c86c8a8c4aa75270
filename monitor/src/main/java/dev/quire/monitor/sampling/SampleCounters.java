package dev.quire.monitor.sampling;

/**
 * What sampling did since the VM began, and the time of the host's that it took.
 *
 * @param periods that have ended
 * @param sampled pages of these periods' samples
 * @param touched how many of those were touched
 * @param choosing nanoseconds in which pages were chosen and taken out of reach: the VM stands
 *     still
 * @param touches nanoseconds of exits in which a page that was sampled was touched; of pages
 *     without a frame, which would have come to the monitor anyway, too
 * @param harvesting nanoseconds in which accessed bits were read and cleared: the VM stands still
 */
public record SampleCounters(
    long periods, long sampled, long touched, long choosing, long touches, long harvesting) {
  static final SampleCounters NONE = new SampleCounters(0, 0, 0, 0, 0, 0);

  SampleCounters after(Estimate period) {
    return new SampleCounters(
        periods + 1,
        sampled + period.sampled(),
        touched + period.touched(),
        choosing,
        touches,
        harvesting);
  }

  SampleCounters plus(long moreChoosing, long moreHarvesting) {
    return new SampleCounters(
        periods, sampled, touched, choosing + moreChoosing, touches, harvesting + moreHarvesting);
  }

  SampleCounters withTouches(long nanos) {
    return new SampleCounters(periods, sampled, touched, choosing, nanos, harvesting);
  }

  /** Nanoseconds inside the mechanism: choosing pages, and what their touches took. */
  public long nanos() {
    return choosing + touches;
  }
}
