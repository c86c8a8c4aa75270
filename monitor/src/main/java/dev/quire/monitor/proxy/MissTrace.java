package dev.quire.monitor.proxy;

import dev.quire.monitor.estimate.KeyStack;
import dev.quire.monitor.estimate.MissCurve;
import dev.quire.monitor.estimate.SampleHash;

/**
 * The LRU stack of what a guest evicted, and how deep in it what it reads is found: so how often
 * the guest would miss, had it more memory. A cache and the ghosts beyond it are one stack here,
 * for it does not matter which of the evicted blocks are really kept.
 *
 * <p>With M0 frames of the guest's own, a read at depth i of the stack (1 is the top) would have
 * hit in M0 + i frames: {@code misses(M0 + k) = reads - sum of hits at depths 1 to k} (Lu and Shen,
 * USENIX ATC 2007; the stack's property is Mattson's). Each hit counts for M0 + i with the M0 of
 * its time, so that the curve stays right when M0 changes. A read of what the guest still has in
 * another page counts as one at depth 1; a read of what is not in the stack misses at all sizes.
 *
 * <p>The uppermost {@link #EXACT} keys are all in the stack. Of those that fall out of it, a sample
 * goes on, as SHARDS has it (Waldspurger, Park, Garthwaite and Ahmad, FAST 2015): those whose hash
 * is below a threshold, at the rate R; one of the sample that is below d others is at about {@code
 * d / R} below the exact ones. When the sample is full the threshold falls to half, and whoever is
 * above it leaves: the paper drops one key at a time, which takes a heap and gains little. So
 * memory is bounded however much the guest reads, about 8 MB, and ghosts go as far as they like.
 *
 * <p>A curve is good from what the guest kept at (nearly all of) the reads that it is of, for
 * nobody sees what less would have missed, to M0 and the deepest that the stack ever was at a read:
 * nothing that the guest could read again was ever deeper. It supposes that the guest evicts in LRU
 * order, as Linux does only about. Not thread-safe: under the monitor of the VM's memory.
 */
public final class MissTrace {
  /** 256 MiB of pages. */
  static final int EXACT = 1 << 16;

  static final int SAMPLED = 1 << 13;

  /** Deeper ones are not told apart: 2 TiB of pages. */
  private static final int MOST = 1 << 29;

  /** A guest that keeps one part in so many less than before is another one. */
  private static final int MUCH = 32;

  private static final SampleHash HASH = new SampleHash(0);

  private final KeyStack near;
  private final KeyStack far;
  private int threshold = SampleHash.P;
  private final HitsBySize all = new HitsBySize();
  private final HitsBySize recent = new HitsBySize();

  /** The largest memory of which a read said something: what the guest kept, and the stack. */
  private int reach;

  private double spared;
  private long since;

  /** Of a guest that has evicted nothing. */
  public MissTrace() {
    this(EXACT, SAMPLED);
  }

  /**
   * The same.
   *
   * @param exact how many keys that were evicted last are followed all
   * @param sampled how many of those evicted before at most
   */
  MissTrace(int exact, int sampled) {
    near = new KeyStack(exact);
    far = new KeyStack(sampled);
  }

  /** The guest has evicted what {@code key}, 0 or more, stands for. */
  void evicted(long key) {
    forget(key);
    if (near.isFull()) {
      dropped(near.takeLowest());
    }
    near.push(key);
  }

  private void dropped(long key) {
    if (isSampled(key) && far.isFull()) {
      threshold = Math.max(1, threshold / 2);
      far.keep(this::isSampled);
    }
    if (isSampled(key) && !far.isFull()) {
      far.push(key);
    }
  }

  private boolean isSampled(long key) {
    return HASH.of(key) < threshold;
  }

  /** How many keys one of the sample stands for: 1 / R. */
  private double each() {
    return (double) SampleHash.P / threshold;
  }

  /** How many keys are in the stack, as the sample tells. */
  private int size() {
    return (int) Math.min(near.size() + Math.round(far.size() * each()), MOST);
  }

  /**
   * The guest reads it from the disk: a miss of its own memory; it leaves the stack.
   *
   * @param own frames that the guest keeps at the moment: what its balloon has not taken
   */
  void read(long key, int own) {
    seen(own, size());
    int above = near.take(key);
    if (above >= 0) {
      hit((long) own + above + 1);
      return;
    }
    all.distant();
    recent.distant();
    if (isSampled(key)) {
      all.sampled(each());
      recent.sampled(each());
      int sampledAbove = far.take(key);
      if (sampledAbove >= 0) {
        long size = own + near.size() + 1 + Math.round(sampledAbove * each());
        all.sampledHit(size, each());
        recent.sampledHit(size, each());
        spared += each();
      }
    }
  }

  private void seen(int own, int depth) {
    all.kept(own);
    recent.kept(own);
    reach = Math.max(reach, own + depth);
  }

  private void hit(long size) {
    spared++;
    all.hit(size);
    recent.hit(size);
  }

  /** The same for what is still in the guest's memory: no eviction of it was seen. */
  void inPlace(long key, int own) {
    forget(key);
    seen(own, Math.max(1, size()));
    hit(own + 1L);
  }

  /** It exists no more, or not as it was: it leaves the stack, and nobody missed it. */
  void forget(long key) {
    if (near.take(key) < 0) {
      int _ = far.take(key);
    }
  }

  /** Reads so far that some more memory would have spared, whatever was reset since. */
  long spared() {
    return Math.round(spared);
  }

  /** Makes what was seen until now count half as much for {@link #recent}. */
  void age() {
    recent.halve();
  }

  /**
   * The guest keeps {@code own} frames now. If it kept much more until now, {@link #recent} begins
   * anew: what was seen says nothing of what the guest misses now.
   *
   * @return whether it does
   */
  boolean keepsLess(int own) {
    boolean less = recent.keptNearlyAlways() > own + own / MUCH;
    if (less) {
      recent.clear();
    }
    return less;
  }

  /**
   * Forgets what was counted, not what is in the stack.
   *
   * @param nanos of the guest's time, for {@link #since}
   */
  void reset(long nanos) {
    all.clear();
    recent.clear();
    since = nanos;
  }

  /** When the last {@link #reset} was; 0: never. */
  public long since() {
    return since;
  }

  /**
   * The curve of all reads since the last {@link #reset}.
   *
   * @param own frames that the guest keeps; the curve begins there, or later
   */
  public MissCurve curve(int own) {
    return curve(all, own);
  }

  /** The curve of late, in which {@link #age} has made what is older count less. */
  public MissCurve recent(int own) {
    return curve(recent, own);
  }

  private MissCurve curve(HitsBySize hits, int own) {
    int from = Math.max(own, hits.keptNearlyAlways());
    return hits.curve(from, Math.max(from, reach));
  }
}
