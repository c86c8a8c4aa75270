package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slices take a millisecond of a time of the thread's own, so that no result depends on speed. */
@Timeout(30)
class HartPoolTest {
  private static final long SLICE = 1_000_000;

  private final ThreadLocal<AtomicLong> time = ThreadLocal.withInitial(AtomicLong::new);
  private final AtomicInteger holders = new AtomicInteger();
  private final AtomicInteger mostHolders = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final List<HartPool.Turn> turns = new ArrayList<>();
  private volatile boolean ended;

  private HartPool pool(int harts) {
    return new HartPool(harts, () -> time.get().get());
  }

  /** Runs slices while {@code wants}, and is idle otherwise, on a thread of its own. */
  private void processor(HartPool.Share share, CountDownLatch begin, BooleanSupplier wants) {
    HartPool.Turn turn = share.turn();
    turns.add(turn);
    threads.add(
        Thread.ofPlatform()
            .start(
                () -> {
                  awaitQuietly(begin);
                  while (!ended) {
                    if (wants.getAsBoolean()) {
                      turn.await();
                      slice(turn);
                    } else {
                      turn.leave();
                      LockSupport.parkNanos(1_000);
                    }
                  }
                  turn.leave();
                }));
  }

  private void slice(HartPool.Turn turn) {
    if (turn.holdsHart()) {
      int now = holders.incrementAndGet();
      mostHolders.accumulateAndGet(now, Math::max);
      time.get().addAndGet(SLICE);
      LockSupport.parkNanos(1_000);
      holders.decrementAndGet();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    ended = true;
    turns.forEach(HartPool.Turn::giveUp);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(holders).hasValue(0);
  }

  private static void awaitUsed(HartPool.Share share, int slices) {
    while (share.usedNanos() < slices * SLICE) {
      LockSupport.parkNanos(1_000);
    }
  }

  /** How much each share used while the first one used {@code slices}. */
  private List<Double> usedFor(int slices, List<HartPool.Share> shares) {
    List<Long> before = shares.stream().map(HartPool.Share::usedNanos).toList();
    awaitUsed(shares.getFirst(), slices + (int) (before.getFirst() / SLICE));
    List<Double> used = new ArrayList<>();
    for (int i = 0; i < shares.size(); i++) {
      used.add((double) (shares.get(i).usedNanos() - before.get(i)) / SLICE);
    }
    return used;
  }

  private static void assertRatios(List<Double> used, double... weights) {
    for (int i = 1; i < weights.length; i++) {
      double expected = weights[i] / weights[0];
      assertThat(used.get(i) / used.get(0)).isCloseTo(expected, within(expected / 10));
    }
  }

  @Test
  void oneHartGoesToThreeComputersByWeight() {
    HartPool pool = pool(1);
    CountDownLatch begin = new CountDownLatch(1);
    List<HartPool.Share> shares = List.of(pool.share(1), pool.share(2), pool.share(4));
    shares.forEach(share -> processor(share, begin, () -> true));
    begin.countDown();
    assertRatios(usedFor(500, shares), 1, 2, 4);
    assertThat(mostHolders).hasValue(1);
  }

  @Test
  void aComputersProcessorsShareItsWeight() {
    HartPool pool = pool(2);
    CountDownLatch begin = new CountDownLatch(1);
    List<HartPool.Share> shares = List.of(pool.share(1), pool.share(2), pool.share(4));
    for (HartPool.Share share : shares) {
      for (int i = 0; i < 3; i++) {
        processor(share, begin, () -> true);
      }
    }
    begin.countDown();
    assertRatios(usedFor(500, shares), 1, 2, 4);
    assertThat(mostHolders.get()).isBetween(1, 2);
  }

  @Test
  void aWeightCanChange() {
    HartPool pool = pool(1);
    CountDownLatch begin = new CountDownLatch(1);
    List<HartPool.Share> shares = List.of(pool.share(5), pool.share(5));
    shares.forEach(share -> processor(share, begin, () -> true));
    begin.countDown();
    assertRatios(usedFor(300, shares), 1, 1);
    shares.get(1).weigh(15);
    assertRatios(usedFor(300, shares), 1, 3);
  }

  @Test
  void whoWasIdleHasNotSavedUpTime() {
    HartPool pool = pool(1);
    CountDownLatch begin = new CountDownLatch(1);
    CountDownLatch woken = new CountDownLatch(1);
    HartPool.Share busy = pool.share(1);
    HartPool.Share late = pool.share(1);
    processor(busy, begin, () -> true);
    processor(late, begin, () -> woken.getCount() == 0);
    begin.countDown();
    awaitUsed(busy, 2_000);
    woken.countDown();
    awaitUsed(late, 1);
    assertRatios(usedFor(300, List.of(busy, late)), 1, 1);
  }

  /** Three processors for two harts: the heavy one never waits, and saves up no claim by that. */
  @Test
  void aComputerThatCannotUseItsShareDoesNotShutOutOthersLater() {
    HartPool pool = pool(2);
    CountDownLatch begin = new CountDownLatch(1);
    CountDownLatch more = new CountDownLatch(1);
    HartPool.Share heavy = pool.share(1_000);
    HartPool.Share light = pool.share(1);
    HartPool.Share other = pool.share(1);
    processor(heavy, begin, () -> true);
    processor(heavy, begin, () -> more.getCount() == 0);
    processor(light, begin, () -> true);
    processor(other, begin, () -> true);
    begin.countDown();
    assertRatios(usedFor(1_000, List.of(light, other)), 1, 1);
    heavy.weigh(1);
    more.countDown();
    awaitUsed(heavy, (int) (heavy.usedNanos() / SLICE) + 400);
    assertRatios(usedFor(500, List.of(light, other, heavy)), 1, 1, 1);
  }

  @Test
  void whoGivesUpDoesNotWait() {
    HartPool pool = pool(1);
    HartPool.Turn holder = pool.share(1).turn();
    HartPool.Turn turn = pool.share(1).turn();
    holder.await();
    turn.giveUp();
    turn.await();
    assertThat(holder.holdsHart()).isTrue();
    assertThat(turn.holdsHart()).isFalse();
    holder.leave();
    holder.leave();
    assertThat(holder.holdsHart()).isFalse();
  }

  @Test
  void thereIsAtLeastOneHartAndAWeight() {
    assertThatThrownBy(() -> pool(0)).hasMessageContaining("0");
    assertThatThrownBy(() -> pool(1).share(0)).hasMessageContaining("0");
  }
}
