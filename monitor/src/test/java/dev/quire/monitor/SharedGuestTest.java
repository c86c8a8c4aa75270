package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.A1;
import static dev.quire.monitor.Program.T0;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.hart.Hart;
import dev.quire.machine.memory.DmaFault;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.paging.PagingChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Guests some of whose pages are put on one frame, at any instant: they complete the same
 * instructions with the same results.
 */
class SharedGuestTest {
  /** Three pages with the same content. */
  private static final long PAGES = GuestLayout.RAM + (6 << 20);

  private static final int COUNT = 3;
  private static final int LR_D = 2 << 27 | 3 << 12 | 0x2f;
  private static final int SC_D = 3 << 27 | 3 << 12 | 0x2f;
  private static final int AMOADD_D = 3 << 12 | 0x2f;

  /** Where a guest ends, and what it leaves. */
  private record Outcome(long instructions, List<Long> registers, int memory, boolean shared) {
    boolean isAs(Outcome other) {
      return instructions == other.instructions
          && registers.equals(other.registers)
          && memory == other.memory;
    }
  }

  /** LR and SC at addresses whose pages may share a frame, with stores in between. */
  private static Program reservations() {
    Program program = new Program().li(T0, PAGES).li(T1, PAGES + 4096).li(T2, PAGES + 8192);
    program.li(A1, 0x1234);
    for (int page = 0; page < COUNT; page++) { // all have the same words, and keep them
      program.store(3, A1, T0 + page, 0).store(3, A1, T0 + page, 128);
    }
    int slot = 0;
    for (int[] pair : new int[][] {{T0, T0}, {T0, T1}, {T1, T1}}) {
      for (int other : new int[] {T0, T1, T2}) {
        program.raw(LR_D | pair[0] << 15 | A0 << 7);
        program.store(3, A1, other, 128).addi(A0, A0, 1);
        program.raw(SC_D | A1 << 20 | pair[1] << 15 | A0 << 7);
        program.keep(A0, slot++).li(T2, PAGES + 8192);
      }
    }
    program.raw(AMOADD_D | A1 << 20 | T1 << 15 | A0 << 7).addi(A1, A1, 7);
    return program.powerOff();
  }

  private static Outcome run(PagingChoice paging, long shareAt) {
    boolean[] shared = {false};
    try (Guest guest =
        new Guest(reservations(), options -> options.paging(paging).largePages(shareAt % 2 == 0))) {
      GuestMemory memory = guest.vm().memory();
      if (shareAt >= 0) {
        guest.vm().clock().schedule(shareAt, () -> shared[0] = share(memory));
      }
      guest.run();
      Hart hart = guest.vm().vcpus().getFirst().hart();
      byte[] bytes = new byte[1 << 12];
      memory.read(Program.RESULTS, bytes, 0, bytes.length);
      List<Long> registers = new ArrayList<>();
      Arrays.stream(hart.x).limit(32).forEach(registers::add);
      return new Outcome(hart.completed(), registers, Arrays.hashCode(bytes), shared[0]);
    } catch (DmaFault e) {
      throw new AssertionError(e);
    }
  }

  /** Puts what is equal on one frame; whether anything was. */
  private static boolean share(GuestMemory memory) {
    long first = PAGES >>> 12;
    boolean done = false;
    for (int i = 0; i < COUNT; i++) {
      for (int k = i + 1; k < COUNT; k++) {
        long hfn = memory.share(first + i);
        done |= hfn >= 0 && memory.shareWith(first + k, hfn);
      }
    }
    return done;
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NATIVE")
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void reservationsFollowTheGuestFrame(PagingChoice paging) {
    Outcome expected = run(PagingChoice.NATIVE, -1);
    int shared = 0;
    for (long at = 0; at < expected.instructions; at++) {
      Outcome outcome = run(paging, at);
      shared += outcome.shared ? 1 : 0;
      assertThat(outcome.isAs(expected))
          .as("shared after %d instructions: %s", at, outcome)
          .isTrue();
    }
    assertThat(shared).isGreaterThan(10);
  }
}
