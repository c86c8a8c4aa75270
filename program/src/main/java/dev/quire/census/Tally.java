package dev.quire.census;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What was seen of one source: for each granularity how many pieces exist, how many are zero, and
 * the hashes of the others, 8 bytes each. Any thread.
 */
public final class Tally {
  /** Of one granularity. */
  static final class Pieces {
    long count;
    long zero;
    final HashRuns hashes = new HashRuns();
  }

  private final String name;
  private final PageHasher hasher;
  private final int source;
  private final Places places;
  private final Granularity smallest;
  private final Map<Granularity, Pieces> pieces = new EnumMap<>(Granularity.class);
  private long room;

  /**
   * @param source its number, from 0
   * @param places told where pieces of the first granularity are
   */
  Tally(
      String name, int source, PageHasher hasher, List<Granularity> granularities, Places places) {
    this.name = name;
    this.source = source;
    this.hasher = hasher;
    this.places = places;
    this.smallest = granularities.getFirst();
    granularities.forEach(granularity -> pieces.put(granularity, new Pieces()));
  }

  public String name() {
    return name;
  }

  Pieces pieces(Granularity granularity) {
    return Objects.requireNonNull(pieces.get(granularity));
  }

  /** Says how large the memory is in which pages may not exist. */
  public synchronized void room(long bytes) {
    room = bytes;
  }

  /** Pieces that do not exist where there is room for them. */
  synchronized long absent(Granularity granularity) {
    long most = Math.ceilDiv(room, granularity.bytes());
    return Math.max(0, most - pieces(granularity).count);
  }

  /**
   * Adds a block, each once.
   *
   * @param number its address by {@link PageHasher#BLOCK}
   * @param block the hashes of its pages
   */
  public synchronized void add(long number, long[] block) {
    pieces.forEach((granularity, known) -> add(number, block, granularity, known));
  }

  private void add(long number, long[] block, Granularity granularity, Pieces known) {
    for (int i = 0; i < PageHasher.BLOCK_PAGES; i += granularity.pages()) {
      long hash = hasher.combine(block, i, granularity.pages());
      known.count += hash == PageHasher.ABSENT ? 0 : 1;
      known.zero += hash == PageHasher.ZERO ? 1 : 0;
      if (PageHasher.isContent(hash)) {
        known.hashes.add(hash);
        if (granularity == smallest) {
          places.saw(hash, source, number * PageHasher.BLOCK + (long) i * PageHasher.PAGE);
        }
      }
    }
  }
}
