package dev.quire.machine.mmu;

/**
 * Is told of every reference that a hart makes to memory, in order. Called on the hart's thread,
 * for RAM and devices alike, and before it is known whether the instruction completes.
 */
public interface ReferenceListener {
  /** Bytes at {@code gva}, all in one page, are fetched, loaded or stored at {@code hpa}. */
  void referenced(long gva, long hpa);

  /**
   * A walk for {@code gva} reads the entry at {@code hpa} of a first-stage page table. The tables
   * of the G stage, which no guest knows of, are not told.
   */
  void walked(long gva, long hpa);
}
