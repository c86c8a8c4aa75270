package dev.quire.monitor.proxy;

import dev.quire.monitor.estimate.MissCurve;

/** The LRU stack of what a guest evicted, and how deep in it what it reads is found. */
public final class MissTrace {
  /** The guest has evicted what {@code key} stands for, which is not in the stack. */
  void evicted(long key) {}

  /** The guest reads it from the disk: a miss of its own memory; it leaves the stack. */
  void read(long key) {}

  /** The same for what is still in the guest's memory: no eviction of it was seen. */
  void inPlace(long key) {}

  /** It exists no more, or not as it was: it leaves the stack, and nobody missed it. */
  void forget(long key) {}

  /** Makes what was seen until now count half as much for {@link #recent}. */
  void age() {}

  /** Forgets what was counted, not what is in the stack. */
  void reset() {}

  /** The curve since the last {@link #reset}, of a guest that keeps {@code own} frames. */
  public MissCurve curve(int own) {
    throw new UnsupportedOperationException();
  }

  /** The curve of late, in which {@link #age} has made what is older count less. */
  public MissCurve recent(int own) {
    throw new UnsupportedOperationException();
  }
}
