package dev.quire.monitor.estimate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A miss-ratio curve: how many of some references would miss an LRU cache of each size. It is a
 * staircase: a size between two points misses as often as the smaller one.
 *
 * <p>If the references are what a filter of k frames left, the misses are those of the unfiltered
 * references too, for all sizes from k on; the miss ratio is misses over what the filter left.
 */
public final class MissCurve {
  private final long references;
  private final int to;
  private final int[] sizes;
  private final double[] misses;

  /**
   * A step of the staircase.
   *
   * @param frames the cache's size
   * @param misses how many references would miss it
   */
  public record Point(int frames, double misses) {}

  /** Points in the order of their sizes, which lie between {@code from} and {@code to}. */
  private MissCurve(long references, int to, int[] sizes, double[] misses) {
    this.references = references;
    this.to = to;
    this.sizes = sizes;
    this.misses = misses;
  }

  /**
   * The curve of references whose stack distances are known.
   *
   * @param references how many there were
   * @param filter the frames of the filter that left them
   * @param hits at index i, how many of them hit caches of {@code filter + i + 1} frames or more;
   *     what is in no element misses all sizes
   * @param from the smallest size for which the curve is good
   * @param to the largest, at least {@code from}
   */
  static MissCurve ofHits(long references, int filter, double[] hits, int from, int to) {
    int count = (int) Arrays.stream(hits).filter(here -> here != 0).count();
    int[] sizes = new int[count];
    double[] steps = new double[count];
    int step = 0;
    for (int i = 0; i < hits.length; i++) {
      if (hits[i] != 0) {
        sizes[step] = filter + i + 1;
        steps[step] = hits[i];
        step++;
      }
    }
    return ofSteps(references, sizes, steps, from, to);
  }

  /**
   * The same, of hits at some sizes only.
   *
   * @param steps in the order of their sizes: at index i, how many references hit caches of {@code
   *     sizes[i]} frames or more
   */
  public static MissCurve ofSteps(long references, int[] sizes, double[] steps, int from, int to) {
    int[] ends = new int[steps.length + 1];
    double[] misses = new double[steps.length + 1];
    double left = references;
    int last = 0;
    ends[0] = from;
    misses[0] = left;
    for (int i = 0; i < steps.length && sizes[i] <= to; i++) {
      left -= steps[i];
      last += sizes[i] > ends[last] ? 1 : 0;
      ends[last] = Math.max(from, sizes[i]);
      misses[last] = Math.clamp(left, 0, (double) references);
    }
    return new MissCurve(
        references, to, Arrays.copyOf(ends, last + 1), Arrays.copyOf(misses, last + 1));
  }

  /** How many references it is of. */
  public long references() {
    return references;
  }

  /** The smallest size of which it says something, in frames. */
  public int from() {
    return sizes[0];
  }

  /** The largest. */
  public int to() {
    return to;
  }

  /**
   * How many references would miss an LRU cache of {@code frames} frames.
   *
   * @param frames {@link #from} to {@link #to}; an {@link IllegalArgumentException} for others
   */
  public double misses(int frames) {
    if (frames < from() || frames > to) {
      throw new IllegalArgumentException(
          "%d frames: known from %d to %d".formatted(frames, from(), to));
    }
    int found = Arrays.binarySearch(sizes, frames);
    return misses[found >= 0 ? found : -found - 2];
  }

  /** The same as a part of the references; 0 if there were none. */
  public double missRatio(int frames) {
    double missed = misses(frames);
    return references == 0 ? 0 : missed / references;
  }

  /**
   * Points from which the curve can be drawn as a staircase, the first at {@link #from}, the last
   * at {@link #to}. Small steps close to the point before them are left out.
   *
   * @param resolution 2 or more: a step is left out if it is less than one part in so many of the
   *     curve's width and of its height away; at most twice as many points come back, and two
   */
  public List<Point> points(int resolution) {
    double width = (double) (to - from()) / resolution;
    double height = (misses[0] - misses[misses.length - 1]) / resolution;
    List<Point> points = new ArrayList<>();
    points.add(new Point(from(), misses[0]));
    for (int i = 1; i < sizes.length; i++) {
      Point before = points.getLast();
      if (sizes[i] - before.frames() >= width
          || Math.abs(before.misses() - misses[i]) >= height
          || i == sizes.length - 1) {
        points.add(new Point(sizes[i], misses[i]));
      }
    }
    if (points.getLast().frames() < to) {
      points.add(new Point(to, misses[misses.length - 1]));
    }
    return points;
  }
}
