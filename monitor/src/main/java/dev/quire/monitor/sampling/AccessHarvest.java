package dev.quire.monitor.sampling;

import dev.quire.monitor.memory.GuestMemory;

/**
 * How much of its memory a VM used in a period, by accessed bits: those of every eighth page, in
 * turn, are cleared when the period begins and read when it ends.
 *
 * <p>Blind spots: what devices access (DMA sets no bit); pages that lose their frame before the end
 * (to the balloon or to swap, or reported free); and where the monitor's tables have no accessed
 * bits of their own, under methods other than nested paging, that a page was mapped counts as an
 * access. All pages of the eighth are looked at, so it knows no sampling error; but clearing bits
 * empties TLBs, and the eighth that is looked at is not all.
 */
final class AccessHarvest {
  private static final int PARTS = 8;

  private final GuestMemory memory;
  private int part;

  AccessHarvest(GuestMemory memory) {
    this.memory = memory;
  }

  /** A period begins, while no vCPU runs. */
  void begin() {
    part = (part + 1) % PARTS;
    var _ = memory.look(part, PARTS);
  }

  /**
   * It ends, while no vCPU runs; how many pages of all the VM's were used, by the look at a part.
   */
  long end() {
    return (long) memory.look(part, PARTS).accessed() * PARTS;
  }
}
