package dev.quire.monitor.estimate;

import java.util.Arrays;
import java.util.Locale;

/**
 * SHARDS of fixed size (Waldspurger, Park, Garthwaite and Ahmad, FAST 2015): stack distances of a
 * sample of the frames. A frame is in the sample iff hash(frame) mod P &lt; T, so that all of its
 * references are, or none; the rate is R = T / P. What c frames of the sample are above stands for
 * c / R frames. Once more than {@code sMax} frames would be in the sample, T falls to the largest
 * hash among them, and who has it leaves.
 *
 * <p>A reference at rate R stands for 1 / R references. The paper adds 1 each time and rescales the
 * histogram by new T / old T when T falls; adding 1 / R at once comes to the same. What all that
 * adds up to differs from the number of references, since some frames are referenced much; as the
 * paper's SHARDS-adj does, the difference goes to the smallest distance.
 *
 * <p>Time and memory depend on {@code sMax}, not on the VM's size, but for the histogram: 8 bytes a
 * frame. The streams of filters are sampled as others are, for the frames that leave a filter tell
 * the order of those below it. Blind spot: sizes closer to the filter's than 1 / R are one to it,
 * so the curve begins there.
 */
public final class Shards implements CurveEstimator {
  private static final int P = SampleHash.P;

  /** The frame in an element of the heap. */
  private static final long FRAME = (1L << Integer.SIZE) - 1;

  private final int filter;
  private final int sMax;
  private final SampleHash hash;
  private final LongIds ids;
  private final LowerStack stack;

  /** Of all frames in the sample, hash and frame: hash &lt;&lt; 32 | frame. */
  private final LongHeap hashes;

  private final double[] hits;
  private int threshold = P;
  private long references;

  /** What the references of the sample stand for. */
  private double weight;

  /**
   * Of a VM that has made no reference.
   *
   * @param frames how many it has
   * @param filter the frames of the filter that leaves the stream, 1 or more
   * @param sMax the most frames in the sample, 1 or more
   * @param seed makes another sample of the same stream
   */
  public Shards(int frames, int filter, int sMax, long seed) {
    this.filter = filter;
    this.sMax = sMax;
    hash = new SampleHash(seed);
    // One more than stays: it is counted before T falls.
    int capacity = Math.min(sMax, frames) + 1;
    ids = new LongIds(capacity);
    stack = new LowerStack(capacity);
    hashes = new LongHeap(capacity);
    hits = new double[frames];
  }

  @Override
  public String name() {
    return "shards " + sMax;
  }

  @Override
  public String note() {
    return String.format(Locale.ROOT, "R = %.3f", rate());
  }

  /** The part of the frames that is sampled now. */
  public double rate() {
    return (double) threshold / P;
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    references++;
    int hashed = hash.of(frame);
    if (hashed < threshold) {
      sampled(frame, hashed);
    }
    if (evicted >= 0 && hash.of(evicted) < threshold) {
      stack.push(ids.find(evicted));
    }
  }

  private void sampled(int frame, int hashed) {
    double each = (double) P / threshold;
    weight += each;
    int id = ids.find(frame);
    if (id == LongIds.ABSENT) {
      int _ = ids.add(frame);
      hashes.add((long) hashed << Integer.SIZE | frame);
      if (hashes.size() > sMax) {
        lowerThreshold();
      }
      return;
    }
    int above = stack.take(id);
    if (above >= 0) {
      hits[(int) Math.min(above * each, hits.length - 1)] += each;
    }
  }

  private void lowerThreshold() {
    threshold = (int) (hashes.largest() >>> Integer.SIZE);
    while (hashes.size() > 0 && hashes.largest() >>> Integer.SIZE >= threshold) {
      int _ = stack.take(ids.remove(hashes.remove() & FRAME));
    }
  }

  @Override
  public MissCurve curve() {
    double[] adjusted = Arrays.copyOf(hits, Math.max(1, hits.length));
    adjusted[0] += references - weight;
    int to = Math.max(filter, hits.length);
    int from = threshold == P ? filter : (int) Math.min(filter + 1 / rate(), to);
    return MissCurve.ofHits(references, filter, adjusted, from, to);
  }
}
