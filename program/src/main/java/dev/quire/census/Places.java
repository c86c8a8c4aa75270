package dev.quire.census;

import dev.quire.census.Count.Place;
import org.jspecify.annotations.Nullable;

/**
 * Where frequent contents are, in little memory: hashes share slots, and the pieces of a slot vote
 * for the one whose place it keeps (Boyer and Moore's majority vote). A content that is most of
 * what falls into its slot is certainly kept; one that is rare may not be. Any thread.
 */
final class Places {
  private static final int SLOTS = 1 << 16;

  private final long[] hashes = new long[SLOTS];
  private final long[] addresses = new long[SLOTS];
  private final int[] sources = new int[SLOTS];
  private final int[] votes = new int[SLOTS];

  synchronized void saw(long hash, int source, long address) {
    int slot = slot(hash);
    if (votes[slot] == 0) {
      hashes[slot] = hash;
      sources[slot] = source;
      addresses[slot] = address;
    }
    votes[slot] += hashes[slot] == hash ? 1 : -1;
  }

  /** Where the content was seen, or null if that is not known any more. */
  synchronized @Nullable Place of(long hash) {
    int slot = slot(hash);
    return hashes[slot] == hash ? new Place(sources[slot], addresses[slot]) : null;
  }

  private static int slot(long hash) {
    return (int) hash & (SLOTS - 1);
  }
}
