package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.paging.PagingChoice;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same kernel sees the same, instruction for instruction, however its memory is virtualized.
 */
class EveryMethodTest {
  private static final int STEPS = 3000;
  private static final long LIMIT_NANOS = 5_000_000;
  private static final long MACHINE = 64 << 20;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  /** What a run of a {@link RandomKernel} came to. */
  private record Outcome(long hash, long instructions, int memory) {
    static Outcome of(PagingChoice paging, long seed, Consumer<VirtualMachine> preparation) {
      Program program = new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
      UnaryOperator<VmConfig.Builder> options =
          builder -> builder.paging(paging).updatesAd(seed % 4 == 3).largePages(seed % 2 == 0);
      try (Machine machine = Machine.forMany(MACHINE, 0, SwapFile.in(folder), 0);
          Guest guest =
              paging == PagingChoice.NATIVE
                  ? new Guest(program, options)
                  : new Guest(program, options, machine)) {
        guest.vm().clock().schedule(LIMIT_NANOS, () -> guest.vm().stop(0));
        preparation.accept(guest.vm());
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

  private static void leaveAlone(VirtualMachine vm) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void randomKernelsSeeTheSame(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, EveryMethodTest::leaveAlone);
    assertThat(expected.instructions).isBetween(20L * STEPS, LIMIT_NANOS / 2);
    for (PagingChoice paging : PagingChoice.values()) {
      assertThat(Outcome.of(paging, seed, EveryMethodTest::leaveAlone))
          .as(paging.word())
          .isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24, 25, 26})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void noneNoticesThatTheP2mChangesUnderneath(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, EveryMethodTest::leaveAlone);
    for (PagingChoice paging : PagingChoice.values()) {
      if (paging != PagingChoice.NATIVE) {
        assertThat(Outcome.of(paging, seed, vm -> new Upheaval(vm, seed, 1000, 400).begin()))
            .as(paging.word())
            .isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43, 44})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void noneNoticesThatItIsTracedAndSampled(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, EveryMethodTest::leaveAlone);
    for (PagingChoice paging : PagingChoice.values()) {
      int[] references = {0};
      Consumer<VirtualMachine> watch =
          vm -> {
            var _ = vm.trace((time, frame, evicted) -> references[0]++);
            if (paging != PagingChoice.NATIVE) {
              sampleAgain(vm, new Random(seed));
            }
          };
      assertThat(Outcome.of(paging, seed, watch)).as(paging.word()).isEqualTo(expected);
      assertThat(references[0]).isGreaterThan(STEPS);
    }
  }

  /** Few pages, so that blocks of 2 MiB are split and made whole again. */
  private static void sampleAgain(VirtualMachine vm, Random random) {
    vm.memory().beginSample(random, 1 + random.nextInt(10));
    vm.clock().schedule(1 + random.nextInt(2000), () -> sampleAgain(vm, random));
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33, 34, 35, 36})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void nobodyNoticesThatTheMethodChanges(long seed) {
    Outcome expected = Outcome.of(PagingChoice.NATIVE, seed, EveryMethodTest::leaveAlone);
    PagingChoice[] choices = PagingChoice.values();
    Outcome changing =
        Outcome.of(
            PagingChoice.NESTED,
            seed,
            vm -> {
              Random random = new Random(seed);
              new Upheaval(vm, seed, 1000, 100).begin();
              for (long at = 0; at < expected.instructions; at += random.nextInt(1000)) {
                vm.switchPagingAt(at, choices[1 + random.nextInt(choices.length - 1)]);
              }
            });
    assertThat(changing).isEqualTo(expected);
  }
}
