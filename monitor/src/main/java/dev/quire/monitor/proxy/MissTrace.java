package dev.quire.monitor.proxy;

import dev.quire.monitor.estimate.MissCurve;

/** The LRU stack of what a guest evicted, and how deep in it what it reads is found. */
public final class MissTrace {
  /** The guest has evicted what {@code key} stands for. */
  void evicted(long key) {}

  /**
   * The guest reads it from the disk: a miss of its own memory; it leaves the stack.
   *
   * @param own frames that the guest keeps at the moment: what its balloon has not taken
   */
  void read(long key, int own) {}

  /** The same for what is still in the guest's memory: no eviction of it was seen. */
  void inPlace(long key, int own) {}

  /** It exists no more, or not as it was: it leaves the stack, and nobody missed it. */
  void forget(long key) {}

  /** Makes what was seen until now count half as much for {@link #recent}. */
  public void age() {}

  /**
   * Forgets what was counted, not what is in the stack.
   *
   * @param nanos of the guest's time, for {@link #since}
   */
  public void reset(long nanos) {}

  /** When the last {@link #reset} was; 0: never. */
  public long since() {
    return 0;
  }

  /** The curve since the last {@link #reset}, for sizes from {@code own} frames on. */
  public MissCurve curve(int own) {
    throw new UnsupportedOperationException();
  }

  /** The curve of late, in which {@link #age} has made what is older count less. */
  public MissCurve recent(int own) {
    throw new UnsupportedOperationException();
  }
}
