package dev.quire.monitor.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quire.monitor.estimate.MissCurve;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MissTraceTest {
  private static final int BLOCKS = 30_000;

  /** The same stack as a list, and for each read the least size in which it would have hit. */
  private static final class Naive {
    final List<Long> stack = new ArrayList<>(); // the top is first
    final List<Integer> sizes = new ArrayList<>();

    void evicted(long key) {
      stack.remove(key);
      stack.addFirst(key);
    }

    void read(long key, int own) {
      int above = stack.indexOf(key);
      sizes.add(above < 0 ? Integer.MAX_VALUE : own + above + 1);
      stack.remove(key);
    }

    double misses(int size) {
      return sizes.stream().filter(least -> least > size).count();
    }
  }

  /** Of a key: a block of a disk. */
  private static long key(int disk, int block) {
    return (long) disk << 40 | block;
  }

  @ParameterizedTest
  @CsvSource({"500, 1", "64, 500", "1, 500"}) // the sample has all as long as it is not full
  void isExactForTheKeysThatItFollows(int exact, int sampled) {
    Random random = new Random(7);
    MissTrace trace = new MissTrace(exact, sampled);
    Naive naive = new Naive();
    int own = 100;
    int most = own;
    for (int i = 0; i < 40_000; i++) {
      long key = key(random.nextInt(3), random.nextInt(150));
      switch (random.nextInt(8)) {
        case 0, 1, 2, 3 -> {
          trace.evicted(key);
          naive.evicted(key);
        }
        case 4, 5 -> {
          trace.read(key, own);
          naive.read(key, own);
        }
        case 6 -> {
          trace.inPlace(key, own);
          naive.stack.remove(key);
          naive.sizes.add(own + 1);
        }
        default -> {
          trace.forget(key);
          naive.stack.remove(key);
        }
      }
      own = i % 1000 == 0 ? 50 + random.nextInt(100) : own;
      most = Math.max(most, own);
    }
    MissCurve curve = trace.curve(50);
    assertThat(curve.references()).isEqualTo(naive.sizes.size());
    assertThat(curve.from()).as("the most that it kept").isEqualTo(most);
    assertThat(curve.to()).isBetween(most + 250, most + 450);
    for (int size = most; size <= curve.to(); size++) {
      assertThat(curve.misses(size)).as("%d frames", size).isEqualTo(naive.misses(size));
    }
  }

  /** A guest that keeps {@code own} blocks and evicts in LRU order; how often it missed. */
  private static int play(IntSupplier blocks, int references, int own, MissTrace trace) {
    LinkedHashSet<Integer> kept = new LinkedHashSet<>();
    int misses = 0;
    for (int i = 0; i < references; i++) {
      int block = blocks.getAsInt();
      if (!kept.remove(block)) {
        misses++;
        trace.read(key(0, block), own);
        if (kept.size() == own) {
          trace.evicted(key(0, kept.removeFirst()));
        }
      }
      kept.add(block);
    }
    return misses;
  }

  /** Block r with probability proportional to 1 / (r + 1). */
  private static IntSupplier zipf(long seed) {
    Random random = new Random(seed);
    return () -> (int) Math.min(Math.pow(BLOCKS, random.nextDouble()), BLOCKS) - 1;
  }

  private static IntSupplier loop() {
    return loopOf(5000);
  }

  private static IntSupplier loopOf(int blocks) {
    int[] next = {0};
    return () -> next[0]++ % blocks;
  }

  @Test
  void saysHowOftenTheGuestWouldMissWithMoreMemory() {
    MissTrace trace = new MissTrace();
    int misses = play(zipf(3), 200_000, 1000, trace);
    MissCurve curve = trace.curve(1000);
    assertThat(curve.misses(1000)).isEqualTo(misses);
    for (int more : new int[] {1, 10, 500, 3000, 10_000}) {
      int really = play(zipf(3), 200_000, 1000 + more, new MissTrace());
      assertThat(curve.misses(1000 + more)).as("%d more", more).isEqualTo(really);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 1024})
  void isCloseWithASample(int sampled) {
    MissTrace exact = new MissTrace();
    MissTrace close = new MissTrace(2000, sampled);
    play(zipf(4), 600_000, 1000, exact);
    play(zipf(4), 600_000, 1000, close);
    judge(exact, close, 0.02);
  }

  @Test
  void isCloseOfALoop() {
    MissTrace exact = new MissTrace();
    MissTrace close = new MissTrace(500, 2048);
    play(loop(), 200_000, 1000, exact);
    play(loop(), 200_000, 1000, close);
    judge(exact, close, 0.05); // all of the error is where the cliff is
  }

  private static void judge(MissTrace exact, MissTrace close, double error) {
    MissCurve truth = exact.curve(1000);
    MissCurve curve = close.curve(1000);
    assertThat(curve.references()).isEqualTo(truth.references());
    assertThat(curve.to()).isCloseTo(truth.to(), within(truth.to() / 10));
    double sum = 0;
    double before = curve.references();
    int to = Math.min(curve.to(), truth.to());
    for (int size = 1000; size <= to; size++) {
      assertThat(curve.misses(size)).isBetween(0.0, before);
      before = curve.misses(size);
      sum += Math.abs(curve.missRatio(size) - truth.missRatio(size));
    }
    assertThat(sum / (to - 999)).isLessThanOrEqualTo(error);
  }

  @Test
  void hasNoJumpWhereTheSampleBegins() {
    MissTrace close = new MissTrace(2000, 256);
    play(zipf(5), 600_000, 1000, close);
    MissCurve curve = close.curve(1000);
    double before = curve.missRatio(2700) - curve.missRatio(2999);
    double across = curve.missRatio(2850) - curve.missRatio(3149);
    assertThat(across).isCloseTo(before, within(0.01));
  }

  @Test
  void readsOfWhatWasNeverEvictedMissAtAllSizes() {
    MissTrace trace = new MissTrace();
    for (int block = 0; block < 100; block++) {
      trace.read(key(1, block), 10);
    }
    trace.evicted(key(1, 5));
    trace.read(key(0, 5), 10);
    trace.read(key(1, 5), 10);
    assertThat(trace.curve(10).references()).isEqualTo(102);
    assertThat(trace.curve(10).to()).isEqualTo(11);
    assertThat(trace.curve(10).misses(10)).isEqualTo(102);
    assertThat(trace.curve(10).misses(11)).isEqualTo(101);
  }

  @Test
  void eachHitCountsForTheSizeThatTheGuestHadThen() {
    MissTrace trace = new MissTrace();
    for (int key = 1; key <= 3; key++) {
      trace.evicted(key);
    }
    trace.read(1, 12); // two are above it: it hits in 15
    trace.evicted(4);
    trace.read(2, 10); // in 13
    assertThat(trace.curve(10).from()).as("it kept more").isEqualTo(12);
    assertThat(trace.curve(12).to()).isEqualTo(15);
    assertThat(trace.curve(12).misses(12)).isEqualTo(2);
    assertThat(trace.curve(12).misses(14)).isEqualTo(1);
    assertThat(trace.curve(12).misses(15)).isEqualTo(0);
    assertThat(trace.curve(13).misses(13)).isEqualTo(1);
  }

  /**
   * M0 falls when nothing is read: what is known of larger sizes stays, and no more becomes known.
   */
  @Test
  void knowsNothingMoreWhenTheGuestIsToKeepLess() {
    MissTrace trace = new MissTrace();
    play(loopOf(190), 2000, 100, trace);
    for (MissCurve curve : List.of(trace.curve(100), trace.curve(80), trace.recent(80))) {
      assertThat(curve.from()).isEqualTo(100);
      assertThat(curve.to()).isEqualTo(190);
      assertThat(curve.misses(189)).isEqualTo(2000);
      assertThat(curve.misses(190)).isEqualTo(190);
    }
    assertThat(trace.spared()).isEqualTo(2000 - 190);
    assertThat(trace.curve(120).from()).isEqualTo(120);
    assertThat(trace.curve(120).to()).isEqualTo(190);
    assertThat(trace.curve(200).from()).isEqualTo(200);
    assertThat(trace.curve(200).to()).isEqualTo(200);
  }

  /** At first a guest keeps all; what it reads then is forgiven once it is hardly any. */
  @Test
  void beginsWhereTheGuestWasAtNearlyAllReads() {
    MissTrace trace = new MissTrace();
    for (int key = 0; key < 20; key++) {
      trace.read(key, 1000);
    }
    play(loopOf(600), 1000, 300, trace);
    assertThat(trace.curve(300).from()).isEqualTo(1000);
    play(loopOf(600), 1000, 300, trace);
    assertThat(trace.curve(300).from()).isEqualTo(300);
    trace.reset(1);
    trace.read(7, 280);
    assertThat(trace.curve(250).from()).isEqualTo(280);
    assertThat(new MissTrace().curve(7).from()).isEqualTo(7);
  }

  @Test
  void ofLateBeginsAnewWhenTheGuestKeepsMuchLess() {
    MissTrace trace = new MissTrace();
    play(loopOf(300), 1000, 200, trace);
    assertThat(trace.keepsLess(300)).isFalse();
    assertThat(trace.keepsLess(195)).isFalse();
    assertThat(trace.recent(195).references()).isEqualTo(1000);
    assertThat(trace.keepsLess(150)).isTrue();
    assertThat(trace.recent(150).references()).isZero();
    assertThat(trace.recent(150).from()).isEqualTo(150);
    assertThat(trace.curve(150).references()).isEqualTo(1000);
    assertThat(trace.keepsLess(150)).isFalse();
  }

  @Test
  void whatIsOldCountsLessOfLate() {
    MissTrace trace = new MissTrace();
    for (int i = 0; i < 40; i++) {
      trace.evicted(i);
      trace.read(i, 10);
    }
    trace.age();
    trace.age();
    for (int i = 0; i < 10; i++) {
      trace.read(i, 10);
    }
    assertThat(trace.curve(10).references()).isEqualTo(50);
    assertThat(trace.recent(10).references()).isEqualTo(20);
    assertThat(trace.recent(10).misses(11)).isEqualTo(10);
    trace.evicted(99);
    trace.reset(123);
    assertThat(trace.since()).isEqualTo(123);
    trace.read(99, 10);
    assertThat(trace.curve(10).references()).isEqualTo(1);
    assertThat(trace.recent(10).misses(11)).isEqualTo(0);
  }
}
