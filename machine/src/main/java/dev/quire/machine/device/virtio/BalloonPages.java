package dev.quire.machine.device.virtio;

/**
 * Hears from a {@link VirtioBalloon} what the guest's driver does with its memory, in pages of 4
 * KiB. Called with the device's lock held. What the driver says is not to be trusted: pages may be
 * outside of memory, named twice or still be in use, and none of that is an error.
 */
public interface BalloonPages {
  /** The guest gives the page up, with its content. */
  void inflated(long gfn);

  /** The guest takes the page back; it may have used it before it said so. */
  void deflated(long gfn);

  /**
   * These pages are free in the guest, their content of no use to it. It uses them again without
   * telling.
   *
   * @param gpa a multiple of 4 KiB
   * @param length in bytes, a multiple of 4 KiB, more than 0; {@code gpa + length} does not wrap
   */
  void reported(long gpa, long length);
}
