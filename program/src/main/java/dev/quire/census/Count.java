package dev.quire.census;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a census found at one granularity.
 *
 * @param curve after the first source, the first two, ... all of them
 * @param sources what each has on its own
 * @param top the most frequent contents but zero, the most frequent first
 * @param collision at most the probability that two different contents were taken as equal
 */
public record Count(
    Granularity granularity,
    List<Point> curve,
    List<OfSource> sources,
    List<Frequent> top,
    double collision) {

  /**
   * Some sources together, in pages of the granularity. The package's description defines the
   * terms.
   *
   * @param name of the last source of them
   * @param pages all that exist
   * @param zero pages of zeros
   * @param distinct different contents but zero
   * @param shareableWithin pages that go if each source shares its equal pages with itself
   * @param shareableBetween pages that go besides, if all share with each other
   * @param twinsWithin pages, not zero, whose content their source has twice or more
   * @param twinsBetween other pages whose content another source has
   */
  public record Point(
      String name,
      long pages,
      long zero,
      long distinct,
      long shareableWithin,
      long shareableBetween,
      long twinsWithin,
      long twinsBetween) {

    /** Pages that perfect sharing would free. */
    public long reclaimable() {
      return zero + shareableWithin + shareableBetween;
    }

    /** Pages that have a twin. */
    public long twins() {
      return zero + twinsWithin + twinsBetween;
    }
  }

  /**
   * One source on its own.
   *
   * @param distinct different contents but zero
   * @param fresh those of them that no source before it has
   * @param absent pages that it could have, but that do not exist
   */
  public record OfSource(
      String name, long pages, long zero, long distinct, long fresh, long absent) {}

  /**
   * A content that occurs more than once.
   *
   * @param sources how many have it
   * @param place a source's number, and the address of one such page there; null if not known
   */
  public record Frequent(long hash, long copies, int sources, @Nullable Place place) {}

  /** Of a piece of memory: the number of its source, and its address there. */
  public record Place(int source, long address) {}

  /** All sources together. */
  public Point total() {
    return curve.getLast();
  }
}
