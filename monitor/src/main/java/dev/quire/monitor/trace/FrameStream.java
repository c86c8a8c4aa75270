package dev.quire.monitor.trace;

/**
 * Whoever follows which guest frames a VM references, as an LRU filter of k frames leaves it: a
 * reference to one of the k frames used last is not told. A filter of one frame drops consecutive
 * repeats and nothing else.
 *
 * <p>Since each miss comes with the frame that left the filter for it, the order of all frames
 * below the filter is known: {@code evicted} goes on top of them, {@code frame} is taken from among
 * them. If {@code c} of them are above {@code frame}, its LRU stack distance is k + c + 1: the size
 * of the smallest LRU cache in which it would have been a hit. So what a filter drops takes nothing
 * from what can be said about larger caches.
 */
@FunctionalInterface
public interface FrameStream {
  /**
   * A frame was referenced that is not in the filter.
   *
   * @param time nanoseconds of the VM's time, never less than before
   * @param frame the guest frame's index, gfn - first gfn
   * @param evicted the frame that leaves the filter for it; -1 while the filter is not full
   */
  void miss(long time, int frame, int evicted);
}
