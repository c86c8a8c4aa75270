package dev.quire.monitor;

import dev.quire.machine.device.virtio.BalloonPages;
import dev.quire.machine.device.virtio.VirtioBalloon;
import dev.quire.monitor.memory.GuestMemory;

/** A guest's memory, as its balloon takes pages from it. */
record BalloonedMemory(GuestMemory memory) implements BalloonPages {
  private static final long PAGE = 1L << VirtioBalloon.PAGE_SHIFT;

  @Override
  public void inflated(long gfn) {
    memory.balloon(gfn);
  }

  @Override
  public void deflated(long gfn) {
    memory.deflate(gfn);
  }

  /** What is not RAM is left out here, as a report may be far longer than RAM. */
  @Override
  public void reported(long gpa, long length) {
    long end = Math.min(gpa + length, memory.base() + memory.size());
    for (long at = Math.max(gpa, memory.base()); at < end; at += PAGE) {
      memory.discard(at / PAGE);
    }
  }
}
