package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that is saved and goes on elsewhere is like one that was never stopped. */
class SavedStateTest {
  private static final int STEPS = 1500;

  /** All that a {@link RandomKernel} came to. */
  private record Outcome(long hash, long instructions, int memory) {
    static Outcome of(GuestMemory memory, Hart hart, long instructions) {
      byte[] playground = new byte[RandomKernel.FRAMES << 12];
      try {
        memory.read(RandomKernel.PLAYGROUND, playground, 0, playground.length);
      } catch (DmaFault e) {
        throw new AssertionError(e);
      }
      return new Outcome(hart.x[RandomKernel.HASH], instructions, Arrays.hashCode(playground));
    }

    static Outcome of(Guest guest, long before) {
      Hart hart = guest.vm().vcpus().getFirst().hart();
      return of(guest.vm().memory(), hart, before + hart.completed());
    }
  }

  private static UnaryOperator<VmConfig.Builder> options(PagingChoice paging, long seed) {
    return builder -> builder.paging(paging).updatesAd(seed % 2 == 1).largePages(seed % 3 == 0);
  }

  private static Outcome undisturbed(long seed) {
    Program program = new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
    try (Guest guest = new Guest(program, options(PagingChoice.NESTED, seed))) {
      guest.run();
      return Outcome.of(guest, 0);
    }
  }

  /** Each method is followed by each other, at random instants. */
  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43, 44, 45, 46})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void savedUnderEachMethodItGoesOnUnderEachOther(long seed) {
    Outcome expected = undisturbed(seed);
    Random random = new Random(seed);
    PagingChoice[] methods = PagingChoice.values();
    Program program = new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
    Guest guest = new Guest(program, options(PagingChoice.NESTED, seed));
    long before = 0;
    int moves = 0;
    for (; ; moves++) {
      SavedGuest saved = new SavedGuest(guest, 1 + random.nextInt(1500));
      guest.run();
      if (!saved.isTaken()) {
        break;
      }
      before += saved.instructions();
      guest.close();
      PagingChoice next = methods[1 + random.nextInt(methods.length - 1)];
      guest = saved.goOn(options(next, seed));
    }
    assertThat(Outcome.of(guest, before)).isEqualTo(expected);
    assertThat(moves).isGreaterThan(20);
    guest.close();
  }
}
