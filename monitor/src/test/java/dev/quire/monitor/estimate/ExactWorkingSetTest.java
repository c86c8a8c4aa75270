package dev.quire.monitor.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExactWorkingSetTest {
  @Test
  void isTheSetOfFramesReferencedInEveryWindowThatEndsNow() {
    Random random = new Random(11);
    int references = 2000;
    int[] frames = random.ints(references, 0, 300).toArray();
    ExactWorkingSet exact = new ExactWorkingSet(300);
    for (int time = 0; time < references; time++) {
      exact.miss(10L * time, frames[time], -1);
      if (random.nextInt(20) == 0) {
        int since = random.nextInt(time + 1);
        Set<Integer> window = new HashSet<>();
        for (int i = since; i <= time; i++) {
          window.add(frames[i]);
        }
        assertThat(exact.framesSince(10L * since)).isEqualTo(window.size());
      }
    }
    assertThat(exact.framesSince(10L * references)).isZero();
  }

  @Test
  void aPeriodIsFromItsBeginToItsEnd() {
    ExactWorkingSet exact = new ExactWorkingSet(10);
    exact.begin(0);
    exact.miss(0, 1, -1);
    exact.miss(5, 2, 1);
    exact.miss(9, 1, 2);
    assertThat(exact.end(10)).isEqualTo(new WorkingSet(2, 2, 2));
    exact.begin(10);
    assertThat(exact.end(20)).isEqualTo(new WorkingSet(0, 0, 0));
    exact.begin(20);
    exact.miss(20, 3, 1);
    assertThat(exact.end(30)).isEqualTo(new WorkingSet(1, 1, 1));
  }
}
