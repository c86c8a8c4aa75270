package dev.quire.monitor.estimate;

/**
 * The truth about LRU caches: the stack distance of every reference (Mattson, Gecsei, Slutz and
 * Traiger, IBM Systems Journal 9(2), 1970). A cache of c frames misses the references whose
 * distance is greater than c, and the first to each frame.
 *
 * <p>A filter of k frames before it takes nothing from what it says of more than k. Logarithmic
 * time a reference; about 30 bytes a frame, however long the stream.
 */
public final class Mattson implements CurveEstimator {
  private final int filter;
  private final LowerStack stack;

  /** By how many frames of the lower stack are above the one that is referenced. */
  private final double[] hits;

  private long references;

  /**
   * Of a VM that has made no reference.
   *
   * @param frames how many it has
   * @param filter the frames of the filter that leaves the stream, 1 or more
   */
  public Mattson(int frames, int filter) {
    this.filter = filter;
    stack = new LowerStack(frames);
    hits = new double[frames];
  }

  @Override
  public String name() {
    return "mattson";
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    references++;
    int above = stack.take(frame);
    if (above >= 0) {
      hits[above]++;
    }
    if (evicted >= 0) {
      stack.push(evicted);
    }
  }

  @Override
  public MissCurve curve() {
    return MissCurve.ofHits(references, filter, hits, filter, Math.max(filter, hits.length));
  }
}
