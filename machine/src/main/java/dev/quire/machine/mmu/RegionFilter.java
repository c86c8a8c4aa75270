package dev.quire.machine.mmu;

import java.util.Arrays;

/**
 * Remembers, roughly, which superpages a cache holds fragments of. A fence names one address, but
 * must drop the whole leaf that maps it; where a leaf is cached as several smaller entries, the
 * filter tells whether there can be any. It may say yes wrongly, never no.
 */
final class RegionFilter {
  private final long[] bits;
  private boolean largest;
  private boolean empty = true;

  /** With {@code bits} bits, a power of two from 64. */
  RegionFilter(int bits) {
    this.bits = new long[bits >>> 6];
  }

  /** Notes a fragment at {@code address} of a leaf of 2^{@code shift} bytes. */
  void add(long address, int shift) {
    if (shift <= 12) {
      return;
    }
    empty = false;
    if (shift <= 21) {
      set(hash(address >>> 21));
    } else if (shift == 30) {
      set(hash(~(address >>> 30)));
    } else {
      largest = true;
    }
  }

  boolean mayContain(long address) {
    return !empty && (largest || get(hash(address >>> 21)) || get(hash(~(address >>> 30))));
  }

  void clear() {
    if (!empty) {
      Arrays.fill(bits, 0);
      largest = false;
      empty = true;
    }
  }

  private void set(int index) {
    bits[index >>> 6] |= 1L << index;
  }

  private boolean get(int index) {
    return (bits[index >>> 6] >>> index & 1) != 0;
  }

  private int hash(long region) {
    return (int) (region * 0x9e3779b97f4a7c15L >>> 40) & (bits.length << 6) - 1;
  }
}
