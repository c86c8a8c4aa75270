package dev.quire.monitor.estimate;

import dev.quire.monitor.trace.FrameStream;
import dev.quire.monitor.trace.LruFilter;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** References to frames, made up. */
enum Streams {
  UNIFORM {
    @Override
    IntUnaryOperator next(int frames, Random random) {
      return i -> random.nextInt(frames);
    }
  },
  /** Each frame in turn: the worst case of LRU. */
  LOOP {
    @Override
    IntUnaryOperator next(int frames, Random random) {
      return i -> i % frames;
    }
  },
  /** Frame r with probability proportional to 1 / (r + 1), scattered. */
  ZIPF {
    @Override
    IntUnaryOperator next(int frames, Random random) {
      int[] shuffled = shuffled(frames, random);
      return i -> shuffled[(int) Math.min(Math.pow(frames, random.nextDouble()), frames) - 1];
    }
  },
  /** Loops of several sizes, a popular part and jumps, by turns. */
  MIXED {
    @Override
    IntUnaryOperator next(int frames, Random random) {
      IntUnaryOperator zipf = ZIPF.next(frames, random);
      return i ->
          switch (i / (3 * frames) % 4) {
            case 0 -> i % Math.max(1, frames / 3);
            case 1 -> zipf.applyAsInt(i);
            case 2 -> frames - 1 - i % Math.max(1, frames / 2);
            default -> random.nextInt(4) == 0 ? random.nextInt(frames) : zipf.applyAsInt(i);
          };
    }
  };

  abstract IntUnaryOperator next(int frames, Random random);

  int[] references(int frames, int count, long seed) {
    return IntStream.range(0, count).map(next(frames, new Random(seed))).toArray();
  }

  private static int[] shuffled(int frames, Random random) {
    int[] shuffled = new int[frames];
    for (int i = 0; i < frames; i++) {
      int other = random.nextInt(i + 1);
      shuffled[i] = shuffled[other];
      shuffled[other] = i;
    }
    return shuffled;
  }

  /** What a filter of {@code k} frames leaves of references; the time is their number. */
  static void play(int[] references, int frames, int k, FrameStream to) {
    // A filter of no frames leaves everything, and each frame leaves it at once.
    LruFilter filter = new LruFilter(frames, k, to);
    for (int time = 0; time < references.length; time++) {
      filter.miss(time, references[time], references[time]);
    }
  }
}
