package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.paging.PagingChoice;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same kernel sees the same, instruction for instruction, however its memory is virtualized.
 */
class EveryMethodTest {
  private static final int STEPS = 3000;
  private static final long LIMIT_NANOS = 5_000_000;

  /** What a run of a {@link RandomKernel} came to. */
  private record Outcome(long hash, long instructions, int memory) {
    static Outcome of(PagingChoice paging, long seed, boolean underUpheaval) {
      Program program = new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
      try (Guest guest =
          new Guest(
              program,
              options ->
                  options.paging(paging).updatesAd(seed % 4 == 3).largePages(seed % 2 == 0))) {
        guest.vm().clock().schedule(LIMIT_NANOS, () -> guest.vm().stop(0));
        if (underUpheaval) {
          new Upheaval(guest.vm(), seed, 1000, 400).begin();
        }
        guest.run();
        byte[] memory = new byte[RandomKernel.FRAMES << 12];
        guest.vm().memory().read(RandomKernel.PLAYGROUND, memory, 0, memory.length);
        Hart hart = guest.vm().vcpus().getFirst().hart();
        return new Outcome(hart.x[RandomKernel.HASH], hart.completed(), Arrays.hashCode(memory));
      } catch (DmaFault e) {
        throw new AssertionError(e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void randomKernelsSeeTheSame(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, false);
    assertThat(expected.instructions).isBetween(20L * STEPS, LIMIT_NANOS / 2);
    for (PagingChoice paging : PagingChoice.values()) {
      assertThat(Outcome.of(paging, seed, false)).as(paging.word()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24, 25, 26})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void noneNoticesThatTheP2mChangesUnderneath(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, false);
    for (PagingChoice paging : PagingChoice.values()) {
      if (paging != PagingChoice.NATIVE) {
        assertThat(Outcome.of(paging, seed, true)).as(paging.word()).isEqualTo(expected);
      }
    }
  }
}
