package dev.quire.monitor.estimate;

/**
 * Which values are in a sample: those whose hash is below a threshold. A hash is a number from 0 to
 * less than {@link #P}, as SHARDS has it (Waldspurger, Park, Garthwaite and Ahmad, FAST 2015).
 *
 * @param seed makes another sample of the same values
 */
public record SampleHash(long seed) {
  private static final int BITS = 24;

  /** With this threshold all are in the sample. */
  public static final int P = 1 << BITS;

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) makes the bits even. */
  public int of(long value) {
    long z = seed + (value + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return (int) ((z ^ (z >>> 31)) >>> (Long.SIZE - BITS));
  }
}
