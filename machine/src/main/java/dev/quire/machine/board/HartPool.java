package dev.quire.machine.board;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The harts that many computers share under the host clock: at most so many of their processors run
 * at once, each for a slice at a time, and computers that want more than there is get it in
 * proportion to their weights.
 *
 * <p>This is stride scheduling (Waldspurger and Weihl, MIT/LCS/TM-528, 1995) over the time really
 * used: a computer's <i>pass</i> grows by the time that its processors use, divided by its weight,
 * and a hart that becomes free goes to the waiting processor whose computer's pass is least. Who
 * has been idle starts at the pool's present pass, so that nobody saves up time by not using it.
 *
 * <p>Any thread.
 */
public final class HartPool {
  /**
   * How far behind the pool a computer may stay, in used time: one that runs all the time and still
   * gets less than its share, for want of processors, must not shut out the others later.
   */
  private static final double MOST_BEHIND_NANOS = 100e6;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** In order of arrival; guarded, as all below, by {@link #lock}. */
  private final List<Turn> waiting = new ArrayList<>();

  private int free;

  /** The pass of whoever was entitled to a hart last; never falls. */
  private double pass;

  /** {@code harts} >= 1. */
  public HartPool(int harts) {
    this(harts, System::nanoTime);
  }

  /** {@code nanoTime}: what a processor's used time is measured with, called on its thread. */
  HartPool(int harts, LongSupplier nanoTime) {
    if (harts < 1) {
      throw new IllegalArgumentException("harts: " + harts);
    }
    this.free = harts;
    this.nanoTime = nanoTime;
  }

  /** For one more computer; {@code weight} >= 1. */
  public Share share(int weight) {
    return new Share(weight);
  }

  /** The waiting one whose computer's pass is least; the first to arrive among equals. */
  private @Nullable Turn next() {
    Turn best = null;
    for (Turn turn : waiting) {
      if (best == null || turn.share.pass < best.share.pass) {
        best = turn;
      }
    }
    return best;
  }

  private void entitle(Turn turn) {
    pass = Math.max(pass, turn.share.pass);
    turn.since = nanoTime.getAsLong();
  }

  private void grant(Turn turn) {
    waiting.remove(turn);
    turn.holds = true;
    turn.granted.signal();
  }

  /** A computer's part in the pool. */
  public final class Share {
    private double weight;
    private double pass;
    private long usedNanos;

    /** Processors that run or wait. */
    private int busy;

    private Share(int weight) {
      weigh(weight);
    }

    /** Changes the weight, from now on; >= 1. */
    public void weigh(int newWeight) {
      if (newWeight < 1) {
        throw new IllegalArgumentException("weight: " + newWeight);
      }
      lock.lock();
      try {
        weight = newWeight;
      } finally {
        lock.unlock();
      }
    }

    /** Nanoseconds for which the computer's processors together have held a hart. */
    public long usedNanos() {
      lock.lock();
      try {
        return usedNanos;
      } finally {
        lock.unlock();
      }
    }

    /** For one more processor of the computer. */
    public Turn turn() {
      return new Turn(this);
    }

    private void charge(long nanos) {
      usedNanos += nanos;
      pass = Math.max(pass + nanos / weight, HartPool.this.pass - MOST_BEHIND_NANOS / weight);
    }

    private void arrive() {
      if (busy++ == 0) {
        pass = Math.max(pass, HartPool.this.pass);
      }
    }
  }

  /** A processor's place in the pool. All but {@link #giveUp} on the processor's own thread. */
  public final class Turn {
    private final Share share;
    private final Condition granted = lock.newCondition();
    private boolean holds;
    private boolean givenUp;
    private long since;

    private Turn(Share share) {
      this.share = share;
    }

    /** Whether the processor has a hart now. */
    public boolean holdsHart() {
      lock.lock();
      try {
        return holds;
      } finally {
        lock.unlock();
      }
    }

    /**
     * Between two slices: waits for a hart, or for the next one if another processor is to have
     * this one first. Without a hart on return only after {@link #giveUp}.
     */
    public void await() {
      lock.lock();
      try {
        if (holds) {
          share.charge(used());
          Turn next = next();
          if (next == null || share.pass < next.share.pass) {
            entitle(this);
            return;
          }
          holds = false;
          free++;
        } else {
          share.arrive();
        }
        waitForHart();
      } finally {
        lock.unlock();
      }
    }

    private void waitForHart() {
      waiting.add(this);
      handOut();
      while (!holds && !givenUp) {
        granted.awaitUninterruptibly();
      }
      if (holds) {
        entitle(this);
      } else {
        waiting.remove(this);
        share.busy--;
      }
    }

    /** Gives the hart back, if there is one: the processor has nothing to do, or may not. */
    public void leave() {
      lock.lock();
      try {
        if (holds) {
          share.charge(used());
          share.busy--;
          holds = false;
          free++;
          handOut();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Lets {@link #await} return without a hart from now on. Any thread. */
    public void giveUp() {
      lock.lock();
      try {
        givenUp = true;
        granted.signal();
      } finally {
        lock.unlock();
      }
    }

    private long used() {
      return Math.max(0, nanoTime.getAsLong() - since);
    }
  }

  private void handOut() {
    for (Turn turn = next(); turn != null && free > 0; turn = next()) {
      free--;
      grant(turn);
    }
  }
}
