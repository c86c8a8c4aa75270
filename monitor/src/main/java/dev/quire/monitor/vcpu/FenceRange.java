package dev.quire.monitor.vcpu;

/**
 * The addresses and the address space that a remote fence names.
 *
 * @param start first gva
 * @param size bytes from there; -1, or 0 with {@code start} 0, means all addresses
 * @param byAsid whether only {@code asid} is meant, else all address spaces
 */
public record FenceRange(long start, long size, boolean byAsid, int asid) {
  private static final long PAGE = 4096;
  private static final long EVERYTHING = -1;

  /** With more pages than this, a fence of all addresses costs less. */
  private static final long MANY_PAGES = 64;

  /** What SFENCE.VMA does. */
  @FunctionalInterface
  public interface Fence {
    void fence(long gva, int asid, boolean byAddress, boolean byAsid);
  }

  private boolean all() {
    return size == EVERYTHING || (start == 0 && size == 0);
  }

  /** Whether the range runs over the end of the address space, which no range may. */
  public boolean wraps() {
    return !all() && size != 0 && Long.compareUnsigned(start + (size - 1), start) < 0;
  }

  /** Does {@code fence} for each page, or once for all addresses. */
  public void each(Fence fence) {
    if (all() || Long.compareUnsigned(size, MANY_PAGES * PAGE) > 0) {
      fence.fence(0, asid, false, byAsid);
      return;
    }
    long end = start + size;
    for (long gva = start & -PAGE; gva != end && gva - end < 0; gva += PAGE) {
      fence.fence(gva, asid, true, byAsid);
    }
  }
}
