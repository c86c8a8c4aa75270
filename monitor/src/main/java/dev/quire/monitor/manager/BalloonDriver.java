package dev.quire.monitor.manager;

import dev.quire.machine.device.virtio.BalloonStatistics;
import dev.quire.machine.device.virtio.VirtioBalloon;

/** A guest's balloon driver, as whoever steers the balloon sees it. Sizes in pages of 4 KiB. */
interface BalloonDriver {
  /** The driver of the guest that has {@code device}. */
  static BalloonDriver of(VirtioBalloon device) {
    return new BalloonDriver() {
      @Override
      public boolean isReady() {
        return device.driverReady();
      }

      @Override
      public void ask(int pages) {
        device.target(pages);
      }

      @Override
      public int asked() {
        return device.target();
      }

      @Override
      public int actual() {
        return device.actual();
      }

      @Override
      public BalloonStatistics statistics() {
        return device.statistics();
      }

      @Override
      public void requestStatistics() {
        device.requestStatistics();
      }
    };
  }

  /** Whether there is one. */
  boolean isReady();

  /** Asks it to hold so many. */
  void ask(int pages);

  /** What it was asked for last, perhaps before the VM was copied from another. */
  int asked();

  /** What it says that it holds. */
  int actual();

  /** What it said last of its guest's memory. */
  BalloonStatistics statistics();

  /** Asks it to say that again. */
  void requestStatistics();
}
