package dev.quire.monitor.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScanOrderTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 255, 256, 257, 100_001})
  void eachPassHasEachPageOnce(int pages) {
    for (boolean isRandom : new boolean[] {false, true}) {
      ScanOrder order = new ScanOrder(isRandom, 7);
      order.begin(pages);
      for (int pass = 0; pass < 3; pass++) {
        assertThat(order.passes()).isEqualTo(pass);
        assertThat(pass(order, pages).stream().sorted().toList())
            .isEqualTo(LongStream.range(0, pages).boxed().toList());
      }
    }
  }

  private static List<Long> pass(ScanOrder order, int pages) {
    List<Long> seen = new ArrayList<>();
    for (int i = 0; i < pages; i++) {
      seen.add(order.next());
    }
    return seen;
  }

  @Test
  void sequentialIsInOrderAndRandomIsNeverTheSameButForTheSeed() {
    ScanOrder sequential = new ScanOrder(false, 1);
    sequential.begin(4);
    assertThat(pass(sequential, 4)).containsExactly(0L, 1L, 2L, 3L);
    ScanOrder random = new ScanOrder(true, 1);
    random.begin(1000);
    List<Long> first = pass(random, 1000);
    assertThat(pass(random, 1000)).isNotEqualTo(first);
    ScanOrder again = new ScanOrder(true, 1);
    again.begin(1000);
    assertThat(pass(again, 1000)).isEqualTo(first);
  }

  @Test
  void randomIsSpread() {
    int pages = 1 << 16;
    ScanOrder order = new ScanOrder(true, 3);
    order.begin(pages);
    int[] parts = new int[16];
    int neighbours = 0;
    long before = -2;
    for (int i = 0; i < pages / 16; i++) {
      long page = order.next();
      parts[(int) (page >> 12)]++;
      neighbours += page / ScanOrder.RUN == before / ScanOrder.RUN + 1 ? 1 : 0;
      before = page;
    }
    for (int part : parts) {
      assertThat(part).as("of 256 expected").isBetween(128, 512);
    }
    assertThat(neighbours).as("runs that follow each other").isLessThan(20);
  }
}
