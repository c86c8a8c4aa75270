package dev.quire.monitor.memory;

/**
 * Whoever has made guest frames its own ({@link GuestMemory#setKept}): a paging method, of the
 * guest's page tables. Both are called with the VM's paging lock held.
 */
public interface TableKeeper {
  /** The guest's own value of the 8 bytes at {@code gpa}, 8-byte aligned. */
  long readEntry(long gpa);

  /** The guest, or a device for it, writes 8 bytes at {@code gpa}, 8-byte aligned. */
  void writeEntry(long gpa, long value);
}
