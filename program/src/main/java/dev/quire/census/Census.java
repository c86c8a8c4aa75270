package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts how often pages have the same content, within and between sources: running guests and
 * files. Sources are added one after the other, and counted in that order; then {@link #count}.
 * Memory: 8 bytes for each piece of each granularity that is not zero.
 */
public final class Census {
  /** How many sources there can be: places are kept in few bytes. */
  static final int MOST_SOURCES = 1 << 15;

  private static final double HASHES = Math.pow(2, 64);

  private final List<Granularity> granularities;
  private final PageHasher hasher;
  private final int top;
  private final boolean verifies;
  private final Places places = new Places();
  private final List<Tally> tallies = new ArrayList<>();

  /** By source; null for one that is no file. */
  private final List<@Nullable MemoryFile> files = new ArrayList<>();

  private final Map<Granularity, HashRuns> repeated = new EnumMap<>(Granularity.class);

  /**
   * @param granularities the smallest first, at least one
   * @param seed of the hash
   * @param top how many of the most frequent contents to find
   * @param verifies whether {@link #verify} will be asked for
   */
  public Census(List<Granularity> granularities, long seed, int top, boolean verifies) {
    this.granularities = List.copyOf(granularities);
    this.hasher = new PageHasher(seed);
    this.top = top;
    this.verifies = verifies;
  }

  public PageHasher hasher() {
    return hasher;
  }

  /** Whether there is no source yet. */
  public boolean isEmpty() {
    return tallies.isEmpty();
  }

  /** The next source, to which the caller adds its memory. */
  public Tally source(String name) {
    return source(name, null);
  }

  private Tally source(String name, @Nullable MemoryFile file) {
    if (tallies.size() == MOST_SOURCES) {
      throw UserError.of("At most %d guests and files are counted at once.", MOST_SOURCES);
    }
    Tally tally = new Tally(name, tallies.size(), hasher, granularities, places);
    tallies.add(tally);
    files.add(file);
    return tally;
  }

  /**
   * The next source: a file, which is read here. It stays open for {@link #verify} and {@link
   * #show}.
   *
   * @param progress told how many bytes were read, again and again; by one thread at a time
   */
  public void add(MemoryFile file, LongConsumer progress) throws InterruptedException {
    FileReading.count(file, hasher, source(file.name(), file), progress);
  }

  /** The results, one for each granularity; once, when all sources have been added. */
  public List<Count> count() {
    List<Count> counts = new ArrayList<>();
    for (Granularity granularity : granularities) {
      HashRuns found = new HashRuns();
      boolean withTop = granularity == granularities.getFirst();
      List<HashRuns> hashes = new ArrayList<>();
      tallies.forEach(tally -> hashes.add(tally.pieces(granularity).hashes));
      Merge merge = new Merge(hashes, withTop ? top : 0, verifies ? found::add : hash -> {});
      repeated.put(granularity, found);
      counts.add(count(granularity, merge));
      tallies.forEach(tally -> tally.pieces(granularity).hashes.clear());
    }
    return counts;
  }

  private Count count(Granularity granularity, Merge merge) {
    List<Count.Point> curve = new ArrayList<>();
    List<Count.OfSource> sources = new ArrayList<>();
    Count.Point sum = new Count.Point("", 0, 0, 0, 0, 0, 0, 0);
    for (int i = 0; i < tallies.size(); i++) {
      Tally tally = tallies.get(i);
      Tally.Pieces pieces = tally.pieces(granularity);
      sources.add(
          new Count.OfSource(
              tally.name(),
              pieces.count,
              pieces.zero,
              merge.own[i],
              merge.fresh[i],
              tally.absent(granularity)));
      long twinsWithin = sum.twinsWithin() + merge.twinsWithin[i];
      sum =
          new Count.Point(
              tally.name(),
              sum.pages() + pieces.count,
              sum.zero() + pieces.zero,
              sum.distinct() + merge.fresh[i],
              sum.shareableWithin() + pieces.count - pieces.zero - merge.own[i],
              sum.shareableBetween() + merge.own[i] - merge.fresh[i],
              twinsWithin,
              sum.twinsWithin() + sum.twinsBetween() + merge.twins[i] - twinsWithin);
      curve.add(sum);
    }
    List<Count.Frequent> frequent = new ArrayList<>();
    for (Merge.Repeated one : merge.top()) {
      frequent.add(
          new Count.Frequent(one.hash(), one.copies(), one.sources(), places.of(one.hash())));
    }
    double collision = collision(sum.distinct(), granularity);
    return new Count(granularity, curve, sources, frequent, collision);
  }

  /**
   * The birthday bound: pairs of different contents, by the probability that a pair has one hash.
   * Larger pieces are hashed twice, page by page and then together.
   */
  private static double collision(long distinct, Granularity granularity) {
    double pairs = 0.5 * distinct * Math.max(0, distinct - 1);
    return Math.min(1, pairs * (granularity.pages() == 1 ? 1 : 2) / HASHES);
  }

  /** How many bytes {@link #verify} will read, beside those that it compares with. */
  public long bytesToVerify() {
    long bytes = 0;
    for (MemoryFile file : files) {
      bytes += file == null ? 0 : file.bytes() * granularities.size();
    }
    return bytes;
  }

  /**
   * Reads all files again and compares all pages of equal hash; after {@link #count}. All sources
   * must be files.
   */
  public Verification verify(LongConsumer progress) {
    List<MemoryFile> all = new ArrayList<>();
    for (MemoryFile file : files) {
      if (file == null) {
        throw new UserError("Only files can be read again and compared: save guests first.");
      }
      all.add(file);
    }
    Verification verification = new Verification(all, hasher, repeated);
    verification.run(progress);
    return verification;
  }

  /** What a page looks like, in a few words; empty if it cannot be read, or has changed. */
  public String show(Count.Frequent content, Granularity granularity) {
    Count.Place place = content.place();
    MemoryFile file = place == null ? null : files.get(place.source());
    PageWords words = new PageWords(hasher, granularity);
    return place == null || file == null
        ? words.ofHash(content.hash())
        : words.ofFile(file, place.address(), content.hash());
  }
}
