package dev.quire.monitor.trace;

import java.util.Arrays;

/**
 * Adds n frames to the LRU filter that it is fed by, and hands on what is still missed: fed by a
 * filter of k frames, what it leaves is what a filter of k + n leaves. Filters compose so, and each
 * keeps all LRU stack distances above its size.
 *
 * <p>It holds the n frames that follow those k in the order of their use: the frame that leaves the
 * k becomes the first of the n, the frame that is referenced is taken from among them. Constant
 * time for each event. One thread.
 */
public final class LruFilter implements FrameStream {
  private static final int ABSENT = -1;

  /**
   * The frames in the order of their use as a ring, closed by an entry that is no frame: after it
   * comes the one used last.
   */
  private final int[] older;

  private final int[] newer;
  private final int end;
  private final int limit;
  private final FrameStream next;
  private int size;

  /**
   * Makes an empty one.
   *
   * @param frames of the guest: all indexes are below
   * @param n how many frames it adds, 0 or more
   * @param next gets what is missed
   */
  public LruFilter(int frames, int n, FrameStream next) {
    this.limit = n;
    this.next = next;
    end = frames;
    older = new int[frames + 1];
    newer = new int[frames + 1];
    Arrays.fill(older, ABSENT);
    older[end] = end;
    newer[end] = end;
  }

  @Override
  public void miss(long time, int frame, int evicted) {
    boolean hit = older[frame] != ABSENT;
    if (hit) {
      remove(frame);
    }
    if (evicted >= 0) {
      add(evicted);
    }
    if (!hit) {
      next.miss(time, frame, size > limit ? removeOldest() : -1);
    }
  }

  private void add(int frame) {
    int first = older[end];
    older[end] = frame;
    newer[frame] = end;
    older[frame] = first;
    newer[first] = frame;
    size++;
  }

  private void remove(int frame) {
    older[newer[frame]] = older[frame];
    newer[older[frame]] = newer[frame];
    older[frame] = ABSENT;
    size--;
  }

  private int removeOldest() {
    int oldest = newer[end];
    remove(oldest);
    return oldest;
  }
}
