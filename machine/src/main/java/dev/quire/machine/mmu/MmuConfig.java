package dev.quire.machine.mmu;

/**
 * Sizes in entries, each a power of two or 0 for "none".
 *
 * @param l1 each of the fetch, load and store TLBs, per mode
 * @param l2 the shared, set-associative second level
 * @param vsWalkCache VS-stage (and single-stage) walk cache, non-leaf levels
 * @param gWalkCache G-stage walk cache, non-leaf levels
 * @param nested nested TLB: gfn to machine frame, for the walker's own accesses
 */
public record MmuConfig(int l1, int l2, int vsWalkCache, int gWalkCache, int nested) {
  public static MmuConfig standard() {
    return new MmuConfig(512, 2048, 64, 64, 256);
  }
}
