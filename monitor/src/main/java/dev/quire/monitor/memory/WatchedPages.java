package dev.quire.monitor.memory;

import dev.quire.monitor.memory.PageWatcher.Change;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which of a VM's pages nobody may write before somebody has been told. Pages are named by index,
 * gfn - first gfn. Guarded by the VM's paging lock.
 */
final class WatchedPages {
  private final long firstGfn;
  private final BitSet watched = new BitSet();
  private @Nullable PageWatcher watcher;
  private long changes;

  WatchedPages(long firstGfn) {
    this.firstGfn = firstGfn;
  }

  void tell(PageWatcher pageWatcher) {
    watcher = pageWatcher;
  }

  /** Watches a page; false if it is watched already. */
  boolean add(int index) {
    boolean isNew = !watched.get(index);
    watched.set(index);
    return isNew;
  }

  void remove(int index) {
    watched.clear(index);
  }

  boolean contains(int index) {
    return watched.get(index);
  }

  /** Whether one of {@code count} pages from {@code first} on is watched. */
  boolean any(int first, int count) {
    int next = watched.nextSetBit(first);
    return next >= 0 && next < first + count;
  }

  /** A page is about to change: if it is watched, that ends, and the watcher is told. */
  boolean change(int index, Change why) {
    if (!watched.get(index)) {
      return false;
    }
    watched.clear(index);
    changes++;
    if (watcher != null) {
      watcher.changes(firstGfn + index, why);
    }
    return true;
  }

  /** How often a page that was watched has changed; for whoever changes them. */
  long changes() {
    return changes;
  }

  /** Whether the watcher had frames to give back. */
  boolean giveFrames(int count) {
    return watcher != null && watcher.giveFrames(count);
  }

  void deflated() {
    if (watcher != null) {
      watcher.deflated();
    }
  }
}
