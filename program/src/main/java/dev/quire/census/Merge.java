package dev.quire.census;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongConsumer;

/**
 * Goes through the sorted hashes of all sources at once, content by content: a heap of the runs,
 * each with its next hash, those of equal hashes in the order of the sources.
 */
final class Merge {
  /** A content that occurs more than once. */
  record Repeated(long hash, long copies, int sources) {}

  private static final Comparator<Repeated> RARER =
      Comparator.comparingLong(Repeated::copies).thenComparingLong(Repeated::hash);

  /** The next hash of each run that is not at its end, and the run's number: a binary heap. */
  private final long[] keys;

  private final int[] heap;
  private int size;

  private final long[][] runs;
  private final int[] sourceOf;
  private final int[] next;

  /** By source: contents that it is the first to have, and that it has; pages with a twin. */
  final long[] fresh;

  final long[] own;

  /** By source: pages whose content the source has twice or more. */
  final long[] twinsWithin;

  /** By source: by how much pages with a twin become more when it comes to those before it. */
  final long[] twins;

  private final PriorityQueue<Repeated> top = new PriorityQueue<>(RARER);
  private final int topCount;
  private final LongConsumer repeated;

  /**
   * @param sources each with its runs
   * @param topCount how many of the most frequent contents to keep
   * @param repeated takes the hash of each content that occurs more than once, in ascending order
   */
  Merge(List<HashRuns> sources, int topCount, LongConsumer repeated) {
    this.topCount = topCount;
    this.repeated = repeated;
    int count = sources.stream().mapToInt(source -> source.sorted().size()).sum();
    keys = new long[count];
    heap = new int[count];
    runs = new long[count][];
    sourceOf = new int[count];
    next = new int[count];
    fresh = new long[sources.size()];
    own = new long[sources.size()];
    twinsWithin = new long[sources.size()];
    twins = new long[sources.size()];
    int run = 0;
    for (int source = 0; source < sources.size(); source++) {
      for (long[] sorted : sources.get(source).sorted()) {
        runs[run] = sorted;
        sourceOf[run] = source;
        insert(sorted[0], run++);
      }
    }
    while (size > 0) {
      takeContent();
    }
  }

  /** The most frequent contents, the most frequent first. */
  List<Repeated> top() {
    List<Repeated> sorted = new ArrayList<>(top);
    sorted.sort(RARER.reversed());
    return sorted;
  }

  /** All pages of the content that is next. */
  private void takeContent() {
    long hash = keys[0];
    int source = sourceOf[heap[0]];
    fresh[source]++;
    int sources = 0;
    long before = 0;
    long count = 0;
    while (size > 0 && keys[0] == hash) {
      int at = sourceOf[heap[0]];
      if (at != source) {
        countOf(source, before, count);
        sources++;
        before += count;
        count = 0;
        source = at;
      }
      count += takeRun(hash);
    }
    countOf(source, before, count);
    long copies = before + count;
    if (copies > 1) {
      repeated.accept(hash);
      keep(new Repeated(hash, copies, sources + 1));
    }
  }

  /** A source has a content {@code count} times, those before it {@code before} times. */
  private void countOf(int source, long before, long count) {
    own[source]++;
    twinsWithin[source] += count > 1 ? count : 0;
    twins[source] += before + count > 1 ? count + (before == 1 ? 1 : 0) : 0;
  }

  private void keep(Repeated content) {
    top.add(content);
    if (top.size() > topCount) {
      var _ = top.remove();
    }
  }

  /** Takes all pages of the hash from the first run of the heap. */
  private int takeRun(long hash) {
    int run = heap[0];
    int from = next[run];
    int to = from;
    while (to < runs[run].length && runs[run][to] == hash) {
      to++;
    }
    next[run] = to;
    if (to < runs[run].length) {
      sink(runs[run][to], run);
    } else {
      size--;
      sink(keys[size], heap[size]);
    }
    return to - from;
  }

  // ---- the heap ------------------------------------------------------------------------------

  private static boolean isBefore(long key, int run, long otherKey, int otherRun) {
    return key != otherKey ? key < otherKey : run < otherRun;
  }

  private void insert(long key, int run) {
    int at = size++;
    while (at > 0 && isBefore(key, run, keys[(at - 1) / 2], heap[(at - 1) / 2])) {
      keys[at] = keys[(at - 1) / 2];
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    keys[at] = key;
    heap[at] = run;
  }

  /** Puts a run where it belongs, from the top, whose place is free. */
  private void sink(long key, int run) {
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size
          && isBefore(keys[child + 1], heap[child + 1], keys[child], heap[child])) {
        child++;
      }
      if (isBefore(key, run, keys[child], heap[child])) {
        break;
      }
      keys[at] = keys[child];
      heap[at] = heap[child];
      at = child;
    }
    if (size > 0) {
      keys[at] = key;
      heap[at] = run;
    }
  }
}
