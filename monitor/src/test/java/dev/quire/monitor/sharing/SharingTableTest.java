package dev.quire.monitor.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharingTableTest {
  private static final int FRAMES = 97;

  /** As a map that drops entries by hand; keys are so few, or so near, that slots collide. */
  @ParameterizedTest
  @ValueSource(longs = {1, 0x0100_0000_0000_0000L, 0x9E37_79B9_7F4A_7C15L, -1})
  void findsWhatAMapFinds(long factor) {
    SharingTable table = new SharingTable(FRAMES);
    Map<Long, Integer> standing = new HashMap<>();
    long[] keys = new long[FRAMES];
    SplittableRandom random = new SplittableRandom(factor);
    for (int step = 0; step < 100_000; step++) {
      int frame = random.nextInt(FRAMES);
      long key = (1 + random.nextInt(200)) * factor;
      switch (random.nextInt(4)) {
        case 0 -> {
          table.drop(frame);
          standing.remove(keys[frame], frame);
        }
        case 1 -> {
          if (keys[frame] != SharingTable.NONE
              && standing.putIfAbsent(keys[frame], frame) == null) {
            table.insert(frame);
          }
        }
        default -> {
          table.seen(frame, key);
          if (keys[frame] != key) {
            standing.remove(keys[frame], frame);
            keys[frame] = key;
          }
        }
      }
      assertThat(table.find(key)).isEqualTo(standing.getOrDefault(key, -1));
      assertThat(table.key(frame)).isEqualTo(keys[frame]);
    }
    for (long i = 1; i <= 200; i++) {
      assertThat(table.find(i * factor)).isEqualTo(standing.getOrDefault(i * factor, -1));
    }
  }
}
