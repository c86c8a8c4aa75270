package dev.quire.machine.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slices take a millisecond of a time of the thread's own, so that no result depends on speed. */
@Timeout(60)
class HartPoolTest {
  private static final long SLICE = 1_000_000;

  private final ThreadLocal<AtomicLong> time = ThreadLocal.withInitial(AtomicLong::new);
  private final AtomicInteger holders = new AtomicInteger();
  private final AtomicInteger mostHolders = new AtomicInteger();

  private HartPool pool(int harts) {
    return new HartPool(harts, () -> time.get().get());
  }

  /**
   * Has {@code processors} of each share contend for all harts, until they have run {@code slices}
   * in all; how many each share had.
   */
  private List<Long> contend(
      HartPool pool, int harts, int processors, int slices, List<HartPool.Share> shares)
      throws InterruptedException {
    List<HartPool.Turn> blockers = new ArrayList<>();
    for (int i = 0; i < harts; i++) {
      blockers.add(pool.share(1).turn());
      blockers.getLast().await();
    }
    AtomicInteger left = new AtomicInteger(slices);
    List<Thread> threads = new ArrayList<>();
    for (HartPool.Share share : shares) {
      for (int i = 0; i < processors; i++) {
        threads.add(Thread.ofPlatform().start(() -> runSlices(share.turn(), left)));
      }
    }
    while (threads.stream().anyMatch(thread -> thread.getState() != Thread.State.WAITING)) {
      Thread.sleep(1);
    }
    long[] before = shares.stream().mapToLong(HartPool.Share::usedNanos).toArray();
    blockers.forEach(HartPool.Turn::leave);
    for (Thread thread : threads) {
      thread.join();
    }
    List<Long> used = new ArrayList<>();
    for (int i = 0; i < shares.size(); i++) {
      used.add((shares.get(i).usedNanos() - before[i]) / SLICE);
    }
    assertThat(used.stream().mapToLong(Long::longValue).sum()).isEqualTo(slices);
    assertThat(mostHolders.get()).isBetween(1, harts);
    return used;
  }

  private void runSlices(HartPool.Turn turn, AtomicInteger left) {
    turn.await();
    while (left.getAndDecrement() > 0) {
      mostHolders.accumulateAndGet(holders.incrementAndGet(), Math::max);
      LockSupport.parkNanos(50_000);
      time.get().addAndGet(SLICE);
      holders.decrementAndGet();
      turn.await();
    }
    turn.leave();
  }

  private static void assertRatios(List<Long> used, int... weights) {
    for (int i = 1; i < weights.length; i++) {
      double expected = (double) weights[i] / weights[0];
      assertThat((double) used.get(i) / used.get(0))
          .as("%s", used)
          .isCloseTo(expected, within(expected / 10));
    }
  }

  @Test
  void oneHartGoesToThreeComputersByWeight() throws InterruptedException {
    HartPool pool = pool(1);
    List<HartPool.Share> shares = List.of(pool.share(1), pool.share(2), pool.share(4));
    assertRatios(contend(pool, 1, 1, 1_400, shares), 1, 2, 4);
  }

  @Test
  void aComputersProcessorsShareItsWeight() throws InterruptedException {
    HartPool pool = pool(2);
    List<HartPool.Share> shares = List.of(pool.share(1), pool.share(2), pool.share(4));
    assertRatios(contend(pool, 2, 3, 2_800, shares), 1, 2, 4);
  }

  @Test
  void aWeightCanChange() throws InterruptedException {
    HartPool pool = pool(1);
    List<HartPool.Share> shares = List.of(pool.share(5), pool.share(5));
    assertRatios(contend(pool, 1, 1, 600, shares), 1, 1);
    shares.get(1).weigh(15);
    assertRatios(contend(pool, 1, 1, 800, shares), 1, 3);
  }

  @Test
  void whoWasIdleHasNotSavedUpTime() throws InterruptedException {
    HartPool pool = pool(1);
    HartPool.Share busy = pool.share(1);
    HartPool.Share late = pool.share(1);
    contend(pool, 1, 1, 2_000, List.of(busy));
    assertRatios(contend(pool, 1, 1, 600, List.of(busy, late)), 1, 1);
  }

  /** One processor cannot use more than one of the two harts, whatever its computer's weight. */
  @Test
  void whoCannotUseItsShareDoesNotShutOutOthersLater() throws InterruptedException {
    HartPool pool = pool(2);
    HartPool.Share heavy = pool.share(1_000);
    HartPool.Share light = pool.share(1);
    HartPool.Share other = pool.share(1);
    contend(pool, 2, 1, 3_000, List.of(heavy, light, other));
    heavy.weigh(1);
    assertRatios(contend(pool, 2, 2, 900, List.of(heavy, light, other)), 1, 1, 1);
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
