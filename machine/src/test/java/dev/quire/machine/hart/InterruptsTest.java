package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.IsaString;
import dev.quire.machine.hart.CsrFixture.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptsTest {
  private static final int NONE = -1;
  private static final long MIE = 1L << 3;
  private static final long SIE = 1L << 1;
  private static final long STCE = 1L << 63;

  private final CsrFixture hart = new CsrFixture();

  private void pend(int bit) {
    if ((1 << bit & Interrupts.VIRTUAL) != 0) {
      hart.interrupts.setVirtualPin(bit, true);
    } else if (bit == Interrupts.STI) {
      hart.set(CsrNumber.MIP, 1 << bit);
    } else {
      hart.interrupts.setPin(bit, true);
    }
  }

  @Test
  void priorityWithinALevel() {
    int[] order = {11, 3, 7, 9, 1, 5, 10, 2, 6};
    hart.poke(CsrNumber.MIE, -1);
    hart.enter(Mode.U);
    for (int i = order.length - 1; i >= 0; i--) {
      pend(order[i]);
      assertThat(hart.interrupts.next()).isEqualTo(order[i]);
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    // mideleg.SEI, global enables, then whether SEI is taken from M, HS, U, VS, VU
    "false, '',   false, true,  true, true, true",
    "false, MIE,  true,  true,  true, true, true",
    "true,  '',   false, false, true, true, true",
    "true,  MIE,  false, false, true, true, true",
    "true,  SIE,  false, true,  true, true, true",
  })
  void supervisorInterrupts(
      boolean delegated, String enable, boolean m, boolean hs, boolean u, boolean vs, boolean vu) {
    hart.poke(CsrNumber.MIDELEG, delegated ? 0x222 : 0);
    hart.set(CsrNumber.MSTATUS, enable.equals("MIE") ? MIE : enable.equals("SIE") ? SIE : 0);
    hart.poke(CsrNumber.MIE, 0x200);
    expect(Interrupts.SEI, m, hs, u, vs, vu);
  }

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    // hideleg.VSEI, vsstatus.SIE, sstatus.SIE, then whether VSEI is taken from M, HS, U, VS, VU
    "false, false, false, false, false, true,  true,  true",
    "false, false, true,  false, true,  true,  true,  true",
    "true,  false, true,  false, false, false, false, true",
    "true,  true,  false, false, false, false, true,  true",
  })
  void virtualInterrupts(
      boolean delegated,
      boolean vsie,
      boolean sie,
      boolean m,
      boolean hs,
      boolean u,
      boolean vs,
      boolean vu) {
    hart.poke(CsrNumber.HIDELEG, delegated ? 0x444 : 0);
    hart.poke(CsrNumber.VSSTATUS, vsie ? SIE : 0);
    hart.set(CsrNumber.MSTATUS, MIE | (sie ? SIE : 0));
    hart.poke(CsrNumber.HIE, 0x400);
    expect(Interrupts.VSEI, m, hs, u, vs, vu);
  }

  private void expect(int cause, boolean... taken) {
    int i = 0;
    for (Mode mode : Mode.values()) {
      hart.enter(mode);
      pend(cause);
      assertThat(hart.interrupts.next()).as(mode.name()).isEqualTo(taken[i++] ? cause : NONE);
      assertThat(hart.interrupts.wakeReady()).isTrue();
      hart.interrupts.setPin(cause, false);
      hart.interrupts.setVirtualPin(cause, false);
      assertThat(hart.interrupts.interruptReady()).isFalse();
      assertThat(hart.interrupts.wakeReady()).isFalse();
    }
  }

  @Test
  void higherLevelsComeFirst() {
    hart.poke(CsrNumber.MIDELEG, 0x222);
    hart.poke(CsrNumber.HIDELEG, 0x444);
    hart.poke(CsrNumber.MIE, -1);
    hart.enter(Mode.VU);
    pend(Interrupts.VSEI);
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.VSEI);
    pend(Interrupts.SSI);
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.SSI);
    pend(Interrupts.MTI);
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.MTI);
  }

  @Test
  void externalLineIsSeenButNotWrittenBack() {
    hart.interrupts.setPin(Interrupts.SEI, true);
    assertThat(hart.csrs.access(CsrNumber.MIP, 2, Csrs.READ_SET, true, true)).isEqualTo(0x200);
    hart.interrupts.setPin(Interrupts.SEI, false);
    assertThat(hart.csrs.peek(CsrNumber.MIP)).isEqualTo(2);
    hart.csrs.access(CsrNumber.MIP, 0x200, Csrs.READ_SET, true, true);
    hart.interrupts.setPin(Interrupts.SEI, true);
    hart.interrupts.setPin(Interrupts.SEI, false);
    assertThat(hart.csrs.peek(CsrNumber.MIP)).isEqualTo(0x202);
    assertThat(hart.poke(CsrNumber.MIP, 0)).isZero();
    assertThat(hart.poke(CsrNumber.MIP, -1)).as("writable bits of mip").isEqualTo(0x226);
  }

  @Test
  void supervisorViewsFollowDelegation() {
    hart.poke(CsrNumber.MIE, -1);
    hart.set(CsrNumber.MIP, 0x222);
    assertThat(hart.csrs.peek(CsrNumber.SIE)).isZero();
    assertThat(hart.csrs.peek(CsrNumber.SIP)).isZero();
    hart.poke(CsrNumber.MIDELEG, 0x202);
    assertThat(hart.csrs.peek(CsrNumber.SIE)).isEqualTo(0x202);
    assertThat(hart.csrs.peek(CsrNumber.SIP)).isEqualTo(0x202);
    assertThat(hart.poke(CsrNumber.SIP, 0)).as("only SSIP is writable").isEqualTo(0x200);
    assertThat(hart.poke(CsrNumber.SIE, 2)).isEqualTo(2);
    assertThat(hart.csrs.peek(CsrNumber.MIE)).isEqualTo(0x1eee & ~0x200);
    assertThat(hart.csrs.peek(CsrNumber.HIE)).isEqualTo(0x1444);
  }

  @Test
  void guestViewsFollowDelegationAndAreShifted() {
    hart.poke(CsrNumber.HVIP, 0x444);
    hart.poke(CsrNumber.HIE, 0x444);
    assertThat(hart.csrs.peek(CsrNumber.HIP)).isEqualTo(0x444);
    assertThat(hart.csrs.peek(CsrNumber.VSIP)).isZero();
    hart.poke(CsrNumber.HIDELEG, 0x404);
    assertThat(hart.csrs.peek(CsrNumber.VSIP)).isEqualTo(0x202);
    assertThat(hart.csrs.peek(CsrNumber.VSIE)).isEqualTo(0x202);
    hart.enter(Mode.VS);
    hart.csrs.write(CsrNumber.SIE, 2);
    hart.csrs.access(CsrNumber.SIP, 2, Csrs.READ_CLEAR, true, true);
    assertThat(hart.csrs.peek(CsrNumber.HIE)).isEqualTo(0x44);
    assertThat(hart.csrs.peek(CsrNumber.HVIP)).as("VSSIP was cleared").isEqualTo(0x440);
    hart.csrs.access(CsrNumber.SIP, 0x222, Csrs.READ_SET, true, true);
    assertThat(hart.csrs.peek(CsrNumber.HVIP)).isEqualTo(0x444);
    assertThat(hart.poke(CsrNumber.HIP, 0)).isEqualTo(0x440);
  }

  @Test
  void virtualLinesStandBesideHvip() {
    hart.interrupts.setVirtualPin(Interrupts.VSEI, true);
    assertThat(hart.csrs.peek(CsrNumber.HVIP)).isZero();
    assertThat(hart.csrs.peek(CsrNumber.HIP)).isEqualTo(0x400);
    hart.interrupts.setVirtualPin(Interrupts.VSSI, true);
    assertThat(hart.csrs.peek(CsrNumber.HVIP)).as("the guest can clear it").isEqualTo(4);
  }

  @Test
  void supervisorTimer() {
    hart.poke(CsrNumber.MIDELEG, 0x222);
    hart.poke(CsrNumber.MIE, 0x20);
    hart.set(CsrNumber.MIP, 0x20);
    hart.poke(CsrNumber.STIMECMP, 1000);
    hart.time = 999;
    hart.enter(Mode.U);
    assertThat(hart.interrupts.next()).as("STIP is software's").isEqualTo(Interrupts.STI);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(Long.MAX_VALUE);
    hart.poke(CsrNumber.MENVCFG, STCE);
    assertThat(hart.interrupts.next()).isEqualTo(NONE);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(1000);
    assertThat(hart.poke(CsrNumber.MIP, 0x20)).isZero();
    hart.time = 1000;
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.STI);
    assertThat(hart.csrs.peek(CsrNumber.SIP)).isEqualTo(0x20);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(Long.MAX_VALUE);
    hart.poke(CsrNumber.STIMECMP, -1);
    assertThat(hart.interrupts.next()).isEqualTo(NONE);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(Long.MAX_VALUE);
    hart.poke(CsrNumber.STIMECMP, 2000);
    hart.poke(CsrNumber.MIE, 0);
    assertThat(hart.interrupts.nextTimerTick()).as("not enabled").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void guestTimerRunsOnShiftedTime() {
    hart.poke(CsrNumber.MENVCFG, STCE);
    hart.poke(CsrNumber.HENVCFG, STCE);
    hart.poke(CsrNumber.HIE, 0x40);
    hart.poke(CsrNumber.HIDELEG, 0x40);
    hart.time = 10_000;
    hart.poke(CsrNumber.HTIMEDELTA, -10_000);
    hart.poke(CsrNumber.VSTIMECMP, 50);
    hart.enter(Mode.VU);
    assertThat(hart.interrupts.next()).isEqualTo(NONE);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(10_050);
    hart.time = 10_050;
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.VSTI);
    assertThat(hart.csrs.peek(CsrNumber.VSIP)).isEqualTo(0x20);
    assertThat(hart.csrs.peek(CsrNumber.HVIP)).isZero();
    hart.poke(CsrNumber.HENVCFG, 0);
    assertThat(hart.interrupts.next()).isEqualTo(NONE);
    hart.poke(CsrNumber.HVIP, 0x40);
    assertThat(hart.interrupts.next()).isEqualTo(Interrupts.VSTI);
  }

  @Test
  void timerTicksBeyondTheClockNeverCome() {
    hart.poke(CsrNumber.MENVCFG, STCE);
    hart.poke(CsrNumber.HENVCFG, STCE);
    hart.poke(CsrNumber.HIE, 0x40);
    hart.time = 100;
    hart.poke(CsrNumber.HTIMEDELTA, Long.MIN_VALUE);
    hart.poke(CsrNumber.VSTIMECMP, -1);
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(Long.MAX_VALUE);
    hart.poke(CsrNumber.HTIMEDELTA, -200); // shows -100: nearly wrapped
    assertThat(hart.interrupts.nextTimerTick()).isEqualTo(199);
  }

  @Test
  void withoutSupervisorOnlyMachineInterruptsExist() {
    CsrFixture plain = new CsrFixture(IsaString.parse("-u"));
    assertThat(plain.poke(CsrNumber.MIE, -1)).isEqualTo(0x888);
    assertThat(plain.poke(CsrNumber.MIP, -1)).isZero();
    plain.interrupts.setPin(Interrupts.MTI, true);
    assertThat(plain.interrupts.next()).isEqualTo(NONE);
    plain.poke(CsrNumber.MSTATUS, MIE);
    assertThat(plain.interrupts.next()).isEqualTo(Interrupts.MTI);
  }
}
