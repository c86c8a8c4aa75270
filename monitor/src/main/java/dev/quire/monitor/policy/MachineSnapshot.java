package dev.quire.monitor.policy;

/**
 * The machine's memory at one moment, in bytes: total = free + guest + tables + cache + reserve.
 *
 * @param total all frames
 * @param free frames that anyone may take
 * @param guest distinct frames that hold guests' pages
 * @param tables frames that hold page tables
 * @param cache frames of VMs' exclusive caches
 * @param reserve frames that guests' pages never get
 * @param saved what pages would take in addition if none shared a frame: of each frame that several
 *     map, all but one; it is no part of total
 * @param state what is done about the lack of free frames
 */
public record MachineSnapshot(
    long total,
    long free,
    long guest,
    long tables,
    long cache,
    long reserve,
    long saved,
    ReclaimState state) {
  /** Raises IllegalArgumentException for negative numbers. */
  public MachineSnapshot {
    Checks.bytes("total", total);
    Checks.bytes("free", free);
    Checks.bytes("guest", guest);
    Checks.bytes("tables", tables);
    Checks.bytes("cache", cache);
    Checks.bytes("reserve", reserve);
    Checks.bytes("saved", saved);
  }

  /**
   * Bytes that policies hand out to guests: all but tables, reserve and the part that is to stay
   * free, so that the machine is in state HIGH when every VM is at its target. Caches are part of
   * what their VMs hold. A shared frame counts for each VM that maps it, in what the VM holds as in
   * what there is to hand out. Never negative.
   */
  public long budget() {
    long kept = tables + reserve + ReclaimState.HIGH.freeBytes(total);
    return Math.max(0, total + saved - kept);
  }
}
