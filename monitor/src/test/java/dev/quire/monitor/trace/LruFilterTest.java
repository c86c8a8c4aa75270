package dev.quire.monitor.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LruFilterTest {
  private static final int FRAMES = 40;
  private static final int REFERENCES = 20_000;

  private record Miss(long time, int frame, int evicted) {}

  /** Frames with repeats, loops and jumps: the first 10 often, the rest seldom. */
  private static int[] references(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] frames = new int[REFERENCES];
    for (int i = 1; i < REFERENCES; i++) {
      frames[i] =
          switch (random.nextInt(4)) {
            case 0 -> frames[i - 1];
            case 1 -> (frames[i - 1] + 1) % FRAMES;
            case 2 -> random.nextInt(10);
            default -> random.nextInt(FRAMES);
          };
    }
    return frames;
  }

  /** What an LRU of {@code k} frames misses, from a list in order of use. */
  private static List<Miss> missesOfLru(int k, int[] references) {
    List<Miss> misses = new ArrayList<>();
    List<Integer> stack = new ArrayList<>();
    for (int time = 0; time < references.length; time++) {
      Integer frame = references[time];
      if (!stack.removeIf(frame::equals)) {
        misses.add(new Miss(time, frame, stack.size() < k ? -1 : stack.removeLast()));
      }
      stack.addFirst(frame);
    }
    return misses;
  }

  /** The stack distance of each reference with its time; 0 for a frame never seen before. */
  private static List<Long> distances(int[] references, int above) {
    List<Long> distances = new ArrayList<>();
    List<Integer> stack = new ArrayList<>();
    for (int time = 0; time < references.length; time++) {
      Integer frame = references[time];
      int distance = stack.indexOf(frame) + 1;
      if (distance == 0 || distance > above) {
        distances.add(1000L * time + distance);
      }
      stack.removeIf(frame::equals);
      stack.addFirst(frame);
    }
    return distances;
  }

  /** The same from a filter's misses alone, as FrameStream says. */
  private static List<Long> distancesBelow(int k, List<Miss> misses) {
    List<Long> distances = new ArrayList<>();
    List<Integer> lower = new ArrayList<>();
    for (Miss miss : misses) {
      int above = lower.indexOf(miss.frame());
      distances.add(1000 * miss.time() + (above < 0 ? 0 : k + above + 1));
      lower.removeIf(held -> held == miss.frame());
      if (miss.evicted() >= 0) {
        lower.addFirst(miss.evicted());
      }
    }
    return distances;
  }

  private static List<Miss> filtered(int[] references, int... sizes) {
    List<Miss> misses = new ArrayList<>();
    FrameStream stream = (time, frame, evicted) -> misses.add(new Miss(time, frame, evicted));
    for (int size : sizes) {
      stream = new LruFilter(FRAMES, size, stream);
    }
    for (Miss miss : missesOfLru(1, references)) {
      stream.miss(miss.time(), miss.frame(), miss.evicted());
    }
    return misses;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 20, 38, 39, 50})
  void leavesWhatAnLruOfAllItsFramesMisses(int n) {
    int[] references = references(n);
    assertThat(filtered(references, n)).isEqualTo(missesOfLru(1 + n, references));
  }

  @Test
  void filtersCompose() {
    int[] references = references(11);
    assertThat(filtered(references, 5, 0, 3, 8)).isEqualTo(missesOfLru(17, references));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16, 39})
  void keepsEachDistanceThatIsLonger(int k) {
    int[] references = references(100 + k);
    List<Miss> left = k == 1 ? missesOfLru(1, references) : filtered(references, k - 1);
    assertThat(distancesBelow(k, left)).isEqualTo(distances(references, k));
  }

  @Test
  void saysNothingOfFramesThatStay() {
    int[] loop = IntStream.range(0, REFERENCES).map(i -> i % 8).toArray();
    assertThat(filtered(loop, 7)).hasSize(8).allMatch(miss -> miss.evicted() == -1);
    assertThat(filtered(loop, 6)).hasSize(REFERENCES);
  }
}
