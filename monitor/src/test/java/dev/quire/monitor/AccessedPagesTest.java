package dev.quire.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.memory.GuestMemory.Looked;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What a look at a VM's pages finds is what its program touches, under every method. */
class AccessedPagesTest {
  private static final long AREA = GuestLayout.RAM + (8 << 20);
  private static final int AREA_PAGES = 64;
  private static final int TOUCHED = 10;
  private static final long LOOK_NANOS = 20_000;

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void aLookFindsWhatIsTouched(PagingChoice paging) throws DmaFault {
    try (Guest guest =
        new Guest(Program.touching(AREA, TOUCHED), options -> options.paging(paging))) {
      VirtualMachine vm = guest.vm();
      GuestMemory memory = vm.memory();
      for (int page = 0; page < AREA_PAGES; page++) {
        memory.writeInt(AREA + page * 4096L, 1);
      }
      List<Looked> looks = new ArrayList<>();
      for (int i = 1; i <= 4; i++) {
        vm.clock().schedule(i * LOOK_NANOS, () -> looks.add(memory.look(0, 1)));
      }
      vm.clock().schedule(5 * LOOK_NANOS, () -> vm.stop(0));
      guest.run();
      for (Looked look : looks.subList(1, 4)) {
        assertThat(look.accessed()).as(looks.toString()).isEqualTo(TOUCHED + 1); // and the code's
        assertThat(look.pages()).isGreaterThanOrEqualTo(AREA_PAGES);
      }
      Looked none = memory.look(0, 1);
      assertThat(memory.look(0, 1).accessed()).as(none.toString()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  void aLookAtAPartFindsAPart(PagingChoice paging) throws DmaFault {
    try (Guest guest =
        new Guest(Program.touching(AREA, TOUCHED), options -> options.paging(paging))) {
      VirtualMachine vm = guest.vm();
      int[] found = new int[2];
      for (int i = 1; i <= 16; i++) {
        int eighth = i % 8;
        int round = (i - 1) / 8;
        vm.clock()
            .schedule(i * LOOK_NANOS, () -> found[round] += vm.memory().look(eighth, 8).accessed());
      }
      vm.clock().schedule(17 * LOOK_NANOS, () -> vm.stop(0));
      guest.run();
      assertThat(found[1]).isEqualTo(TOUCHED + 1);
    }
  }
}
