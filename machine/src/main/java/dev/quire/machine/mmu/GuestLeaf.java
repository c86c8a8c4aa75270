package dev.quire.machine.mmu;

/**
 * The leaf of the second stage through which a cached translation of a guest goes, in a long: its
 * gpa, and log2 of its size in the low bits. HFENCE.GVMA names a gpa, and a cache that knows these
 * drops no more than what goes through that (privileged manual, H extension, HFENCE.GVMA).
 */
final class GuestLeaf {
  /** None: the translation is not a guest's. */
  static final long NONE = -64;

  private GuestLeaf() {}

  /** The leaf of 2^{@code shift} bytes that maps {@code gpa}. */
  static long of(long gpa, int shift) {
    return gpa & -1L << shift | shift;
  }

  static boolean maps(long leaf, long gpa) {
    // A shift takes the low six bits: addresses in one leaf are equal above its size.
    return (leaf ^ gpa) >>> leaf == 0;
  }
}
