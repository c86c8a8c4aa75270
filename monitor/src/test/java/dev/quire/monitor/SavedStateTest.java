package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.machine.state.StateFault;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import dev.quire.monitor.memory.SwapFile;
import dev.quire.monitor.paging.PagingChoice;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that goes on from a saved state is like one that was never stopped. */
class SavedStateTest {
  private static final int STEPS = 1500;
  private static final long MACHINE = 64 << 20;

  @TempDir private static Path folder = Path.of(""); // replaced by JUnit

  /** All that a {@link RandomKernel} came to. */
  private record Outcome(long hash, long instructions, int memory) {
    static Outcome of(Guest guest, long before) {
      byte[] playground = new byte[RandomKernel.FRAMES << 12];
      try {
        guest.vm().memory().read(RandomKernel.PLAYGROUND, playground, 0, playground.length);
      } catch (DmaFault e) {
        throw new AssertionError(e);
      }
      Hart hart = guest.vm().vcpus().getFirst().hart();
      return new Outcome(
          hart.x[RandomKernel.HASH], before + hart.completed(), Arrays.hashCode(playground));
    }
  }

  private static Program program(long seed) {
    return new RandomKernel(seed, 3 + (int) (seed % 3)).build(STEPS);
  }

  private static UnaryOperator<VmConfig.Builder> options(PagingChoice paging, long seed) {
    return builder -> builder.paging(paging).updatesAd(seed % 2 == 1).largePages(seed % 3 == 0);
  }

  private static Outcome undisturbed(long seed) {
    try (Guest guest = new Guest(program(seed), options(PagingChoice.NESTED, seed))) {
      guest.run();
      return Outcome.of(guest, 0);
    }
  }

  /** Each method is followed by each other, at random instructions and instants. */
  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43, 44, 45, 46})
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void savedUnderEachMethodItGoesOnUnderEachOther(long seed) {
    Outcome expected = undisturbed(seed);
    Random random = new Random(seed);
    PagingChoice[] methods = PagingChoice.values();
    Guest guest = new Guest(program(seed), options(PagingChoice.NESTED, seed));
    long before = 0;
    int moves = 0;
    for (; ; moves++) {
      int until = 1 + random.nextInt(1500);
      SavedGuest saved =
          random.nextBoolean()
              ? SavedGuest.atInstruction(guest, until)
              : SavedGuest.after(guest, until);
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

  /** The copy has the frames of the original, which goes on, too. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void aCopyOnTheSameMachineGoesOnLikeTheOriginal(PagingChoice paging) {
    long seed = 51;
    Outcome expected = undisturbed(seed);
    ByteArrayOutputStream state = new ByteArrayOutputStream();
    Guest[] copy = new Guest[1];
    long[] before = new long[1];
    try (Machine machine = Machine.forMany(MACHINE, 0, SwapFile.in(folder), 0);
        Guest original = new Guest(program(seed), options(paging, seed), machine)) {
      VirtualMachine vm = original.vm();
      vm.clock()
          .schedule(
              20_000,
              () -> {
                before[0] = vm.instructions();
                vm.save(new StateWriter(state));
                StateReader in = new StateReader(new ByteArrayInputStream(state.toByteArray()));
                SavedState saved = new SavedState(in, memory -> memory.copyFrom(vm.memory()));
                copy[0] = new Guest(options(paging, seed), machine, saved);
              });
      original.run();
      assertThat(Outcome.of(original, 0)).isEqualTo(expected);
      copy[0].run();
      assertThat(Outcome.of(copy[0], before[0])).isEqualTo(expected);
      copy[0].close();
    }
  }

  private static SavedGuest saved(long seed) {
    try (Guest guest = new Guest(program(seed), options(PagingChoice.NESTED, seed))) {
      SavedGuest saved = SavedGuest.after(guest, 30_000);
      guest.run();
      assertThat(saved.isTaken()).isTrue();
      return saved;
    }
  }

  @Test
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void aDamagedStateIsAFaultOrAnotherGuest() {
    SavedGuest saved = saved(61);
    byte[] state = saved.state();
    Random random = new Random(1);
    PagingChoice[] methods = PagingChoice.values();
    int faults = 0;
    for (int at = 0; at < state.length; at += 1 + random.nextInt(3)) {
      byte[] damaged = state.clone();
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      PagingChoice paging = methods[1 + random.nextInt(methods.length - 1)];
      try (Guest guest = saved.goOn(options(paging, 61), damaged)) {
        guest.vm().clock().schedule(20_000, () -> guest.vm().stop(0));
        guest.run();
      } catch (StateFault fault) {
        assertThat(fault).hasMessageEndingWith(".");
        faults++;
      }
    }
    assertThat(faults).isBetween(30, state.length / 4);
  }

  @Test
  void aStateOfAnotherMachineIsAFault() {
    SavedGuest saved = saved(62);
    UnaryOperator<VmConfig.Builder> same = options(PagingChoice.NESTED, 62);
    assertThatThrownBy(() -> saved.goOn(builder -> same.apply(builder).cpus(2)))
        .isInstanceOf(StateFault.class)
        .hasMessageMatching("The saved state is of a VM with .* 1 CPUs.*, not .* 2 CPUs.*\\.");
    assertThatThrownBy(() -> saved.goOn(builder -> same.apply(builder).memory(32 << 20)))
        .isInstanceOf(StateFault.class);
    assertThatThrownBy(() -> saved.goOn(builder -> same.apply(builder).balloon(true)))
        .isInstanceOf(StateFault.class);
  }

  @Test
  void aNativeGuestHasNoState() {
    SavedGuest saved = saved(63);
    UnaryOperator<VmConfig.Builder> bare = options(PagingChoice.NATIVE, 63);
    assertThatThrownBy(() -> saved.goOn(bare)).isInstanceOf(UserError.class);
    try (Guest guest = new Guest(program(63), bare)) {
      assertThatThrownBy(() -> guest.vm().save(new StateWriter(new ByteArrayOutputStream())))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("A native guest cannot be saved or cloned");
    }
  }
}
