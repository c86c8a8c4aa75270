package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.S0;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.memory.FrameTable.Use;
import dev.quire.monitor.paging.GStageMode;
import dev.quire.monitor.vcpu.Exits.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PagingTest {
  /** Where nothing was loaded. */
  private static final long FRESH = GuestLayout.RAM + (8 << 20);

  /** Touches one page at {@link #FRESH} and one 4 KiB behind it. */
  private static Program touching() {
    Program program = new Program().li(T1, FRESH).load(3, S0, T1, 0).keep(S0, 0);
    return program.li(A0, 7).store(3, A0, T1, 0).li(T2, FRESH + 4096).store(3, A0, T2, 8);
  }

  @ParameterizedTest
  @EnumSource(GStageMode.class)
  void memoryIsPopulatedOnFirstTouch(GStageMode mode) {
    try (Guest guest = new Guest(touching().powerOff(), options -> options.gstage(mode))) {
      long loaded = guest.vm().memory().resident();
      guest.run();
      assertThat(guest.result(0)).isZero();
      assertThat(guest.read(FRESH)).isEqualTo(7);
      assertThat(guest.read(FRESH + 4096 + 8)).isEqualTo(7);
      assertThat(guest.vm().memory().resident() - loaded).isEqualTo(3 << 12);
      // The program's page, the results', and the two above.
      assertThat(guest.vm().exits().get(Reason.P2M_FILL)).isEqualTo(4);
      // A root of 4 frames, a path to two tables of leaves.
      assertThat(guest.vm().frames().count(Use.TABLE)).isEqualTo(4 + mode.levels() - 2 + 2);
    }
  }

  @Test
  void largePagesAreBackedWhole() {
    try (Guest guest = new Guest(touching().powerOff(), options -> options.largePages(true))) {
      guest.run();
      assertThat(guest.read(FRESH)).isEqualTo(7);
      // The block of the program and its results, and the block touched.
      assertThat(guest.vm().exits().get(Reason.P2M_FILL)).isEqualTo(2);
    }
  }

  @Test
  void aFrameTakenAwayIsZeroAtTheNextTouch() {
    Program program = touching().sbi(0x4442434e, 2, 'x');
    program.li(T1, FRESH).load(3, S0, T1, 0).keep(S0, 1).powerOff();
    Guest[] self = new Guest[1];
    try (Guest guest =
        new Guest(program, options -> options, () -> self[0].vm().memory().release(FRESH >>> 12))) {
      self[0] = guest;
      guest.run();
      assertThat(guest.result(1)).isZero();
      assertThat(guest.vm().exits().get(Reason.P2M_FILL)).isEqualTo(5);
    }
  }

  @Test
  void aFrameOfALargePageCanBeTakenAway() {
    Program program = touching().sbi(0x4442434e, 2, 'x');
    program.li(T1, FRESH).load(3, S0, T1, 0).keep(S0, 1);
    program.li(T1, FRESH + 4096).load(3, S0, T1, 8).keep(S0, 2).powerOff();
    Guest[] self = new Guest[1];
    try (Guest guest =
        new Guest(
            program,
            options -> options.largePages(true),
            () -> self[0].vm().memory().release(FRESH >>> 12))) {
      self[0] = guest;
      guest.run();
      assertThat(guest.result(1)).isZero();
      assertThat(guest.result(2)).isEqualTo(7);
    }
  }

  @Test
  void aFrameIsTakenFromUnderARunningHart() {
    // Hart 1 spins until its page has become zero.
    long at = Program.START + 0x1000;
    Program second = new Program().li(T1, FRESH).li(A0, 7).store(3, A0, T1, 0);
    second.li(A0, 1).keep(A0, 0).load(3, S0, T1, 0).loopWhileNotZero(S0, -4).powerOff();
    Program first = new Program().sbi(0x48534d, 0, 1, at, 0).li(T1, Program.RESULTS);
    first.load(3, S0, T1, 0).loopWhileZero(S0, -4).sbi(0x4442434e, 2, 'x').jumpToSelf();
    Guest[] self = new Guest[1];
    try (Guest guest =
        new Guest(
            first.padTo(at).append(second),
            options -> options.cpus(2).countsInstructions(false),
            () -> self[0].vm().memory().release(FRESH >>> 12))) {
      self[0] = guest;
      guest.run();
      assertThat(guest.read(FRESH)).isZero();
    }
  }
}
