package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.A1;
import static dev.quire.monitor.Program.RA;
import static dev.quire.monitor.Program.S0;
import static dev.quire.monitor.Program.S1;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.PowerControl;
import dev.quire.monitor.vcpu.Exits.Reason;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VcpuTest {
  private static final long HSM = 0x48534d;
  private static final long IPI = 0x735049;
  private static final long TIMER = 0x54494d45;
  private static final int SIE = 0x104;
  private static final int SIP = 0x144;
  private static final int STIMECMP = 0x14d;
  private static final int TIME = 0xc01;
  private static final int INSTRET = 0xc02;

  private static Guest run(Program program, UnaryOperator<VmConfig.Builder> options) {
    Guest guest = new Guest(program, options);
    guest.run();
    return guest;
  }

  private static Guest run(Program program) {
    return run(program, options -> options);
  }

  @Test
  void startsWithHartIdAndDeviceTree() {
    Program program = new Program().keep(A0, 0).keep(A1, 1).csrr(T1, 0x100).keep(T1, 2);
    try (Guest guest = run(program.csrr(T1, 0x180).keep(T1, 3).powerOff())) {
      assertThat(guest.result(0)).isZero();
      assertThat((int) guest.read(guest.result(1))).isEqualTo(Integer.reverseBytes(0xd00dfeed));
      assertThat(guest.result(2)).isEqualTo(2L << 32);
      assertThat(guest.result(3)).isZero();
    }
  }

  @Test
  void callsAndFaultsAreNotCountedButEmulatedInstructionsAre() {
    Program program = new Program().csrr(S0, INSTRET).li(T1, GuestLayout.UART + 7);
    program.load(0, A0, T1, 0).sbi(0x10, 0).csrr(S1, INSTRET);
    program.raw(0x40000033 | S0 << 20 | S1 << 15 | A0 << 7).keep(A0, 0).powerOff();
    try (Guest guest = run(program)) {
      // csrr, lui, addi, lb, li, li, and not ecall
      assertThat(guest.result(0)).isEqualTo(6);
    }
  }

  @Test
  void timerWakesFromWfiExactly() {
    Program program = new Program().li(T1, 1 << 5).csrs(SIE, T1);
    program.sbi(TIMER, 0, 5000).wfi().csrr(S0, TIME).csrr(S1, SIP).keep(S0, 0).keep(S1, 1);
    try (Guest guest = run(program.powerOff())) {
      assertThat(guest.result(0)).isEqualTo(5000);
      assertThat(guest.result(1)).isEqualTo(1 << 5);
      assertThat(guest.vm().exits().get(Reason.WFI)).isEqualTo(1);
    }
  }

  @Test
  void theGuestSetsItsTimerItself() {
    Program program = new Program().li(T1, 1 << 5).csrs(SIE, T1).li(T1, 4000).csrw(STIMECMP, T1);
    try (Guest guest = run(program.wfi().csrr(S0, TIME).keep(S0, 0).powerOff())) {
      assertThat(guest.result(0)).isEqualTo(4000);
    }
  }

  @Test
  void exitsDoNotMoveAnInterrupt() {
    assertThat(instructionsUntilInterrupt(true)).isEqualTo(instructionsUntilInterrupt(false));
  }

  /** Loads from a device or from RAM until the timer comes, and reads instret in its handler. */
  private static long instructionsUntilInterrupt(boolean exits) {
    Program handler = new Program().csrr(S0, INSTRET).keep(S0, 0).powerOff();
    Program program = new Program().handler(handler);
    program.li(T1, GuestLayout.UART + 7).li(T2, Program.RESULTS).addi(S1, exits ? T1 : T2, 0);
    program.li(A0, 777).csrw(STIMECMP, A0).li(A0, 1 << 5).csrs(SIE, A0).li(A0, 2).csrs(0x100, A0);
    program.load(0, A0, S1, 0).raw(0xffdff06f);
    try (Guest guest = run(program)) {
      assertThat(guest.vm().exits().get(Reason.MMIO) > 0).isEqualTo(exits);
      return guest.result(0);
    }
  }

  @Test
  void aReservationSurvivesExits() {
    // lr.d a0, (t1); a load from a fresh page; sc.d a0, t2, (t1)
    Program program =
        new Program().li(T1, Program.RESULTS + 64).li(T2, GuestLayout.RAM + (8 << 20));
    program.raw(2 << 27 | T1 << 15 | 3 << 12 | A0 << 7 | 0x2f).load(3, A1, T2, 0);
    program.raw(3 << 27 | T2 << 20 | T1 << 15 | 3 << 12 | A0 << 7 | 0x2f).keep(A0, 0).powerOff();
    try (Guest guest = run(program)) {
      assertThat(guest.vm().exits().get(Reason.P2M_FILL)).isEqualTo(3);
      assertThat(guest.result(0)).isZero();
    }
  }

  @Test
  void theSerialPortIsTypedInto() {
    Program program = new Program().li(T1, GuestLayout.UART).load(4, S0, T1, 5);
    program.raw(1 << 20 | S0 << 15 | 7 << 12 | S0 << 7 | 0x13).loopWhileZero(S0, -8);
    try (Guest guest = new Guest(program.load(4, S0, T1, 0).keep(S0, 0).powerOff())) {
      guest.vm().type(new byte[] {'q'});
      guest.run();
      assertThat(guest.result(0)).isEqualTo('q');
    }
  }

  @Test
  void wfiWithNothingToWaitForIsADeadlock() {
    try (Guest guest = new Guest(new Program().wfi())) {
      assertThat(guest.run().kind()).isEqualTo(PowerControl.Kind.DEADLOCK);
    }
  }

  /** Hart 0 starts hart 1 at {@code second} and then runs {@code after}. */
  private static Program withSecond(Program second, Program after) {
    Program start = new Program();
    long at = Program.START + 0x1000;
    start.sbi(HSM, 0, 1, at, 0x77).append(after);
    return start.padTo(at).append(second);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void startsASecondHart(boolean countsInstructions) {
    Program second = new Program().keep(A0, 0).keep(A1, 1).li(T1, 1).keep(T1, 2).jumpToSelf();
    Program wait = new Program().li(T1, Program.RESULTS);
    wait.load(3, S0, T1, 16).loopWhileZeroBehind(S0).sbi(HSM, 2, 1).keep(A1, 3).powerOff();
    try (Guest guest =
        run(
            withSecond(second, wait),
            options -> options.cpus(2).countsInstructions(countsInstructions))) {
      assertThat(guest.result(0)).isEqualTo(1);
      assertThat(guest.result(1)).isEqualTo(0x77);
      assertThat(guest.result(3)).isZero();
    }
  }

  @Test
  void interprocessorInterruptsWakeAnotherHart() {
    Program second = new Program().li(T1, 2).csrs(SIE, T1).li(T1, 1).keep(T1, 2).wfi();
    second.csrr(T1, SIP).keep(T1, 0).powerOff();
    Program first = new Program().li(T1, Program.RESULTS);
    first.load(3, S0, T1, 16).loopWhileZeroBehind(S0).sbi(IPI, 0, 2, 0).jumpToSelf();
    try (Guest guest = run(withSecond(second, first), options -> options.cpus(2))) {
      assertThat(guest.result(0)).isEqualTo(2);
    }
  }

  @Test
  void aStoppedHartCanBeStartedAgain() {
    Program second = new Program().li(T2, Program.RESULTS).load(3, T1, T2, 0).addi(T1, T1, 1);
    second.store(3, T1, T2, 0).sbi(HSM, 1);
    long at = Program.START + 0x1000;
    Program first = new Program().sbi(HSM, 0, 1, at, 0);
    first.sbi(HSM, 2, 1).addi(A1, A1, -1).loopWhileNotZeroBehindCall(A1);
    first.sbi(HSM, 0, 1, at, 0).sbi(HSM, 2, 1).addi(A1, A1, -1).loopWhileNotZeroBehindCall(A1);
    first.powerOff();
    Program all = first.padTo(at).append(second);
    try (Guest guest = run(all, options -> options.cpus(2))) {
      assertThat(guest.result(0)).isEqualTo(2);
    }
  }

  @Test
  void suspensionEndsWithAnInterrupt() {
    Program program = new Program().li(T1, 1 << 5).csrs(SIE, T1).sbi(TIMER, 0, 3000);
    program.sbi(HSM, 3, 0, 0, 0).csrr(T1, TIME).keep(A0, 0).keep(T1, 1).powerOff();
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isZero();
      assertThat(guest.result(1)).isEqualTo(3000);
    }
  }

  @Test
  void aHartThatLosesItsStateResumesWhereItSaid() {
    long at = Program.START + 0x1000;
    Program program = new Program().li(T1, 1 << 5).csrs(SIE, T1).sbi(TIMER, 0, 3000);
    program.sbi(HSM, 3, 0x8000_0000L, at, 0x55).padTo(at).keep(A0, 0).keep(A1, 1).powerOff();
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isZero();
      assertThat(guest.result(1)).isEqualTo(0x55);
    }
  }

  @Test
  void userModeReadsTimeButMayNotWait() {
    // Into VU-mode by sret at "user"; what traps comes to the handler behind.
    Program program = new Program();
    program.raw(5 << 7 | 0x17).addi(5, 5, 36).csrw(0x141, 5).addi(5, 5, 16).csrw(0x105, 5);
    program.raw(0x13).raw(0x13).raw(0x13).raw(0x10200073);
    program.csrr(S0, TIME).li(S0, 42).wfi().raw(0x13);
    program.csrr(S1, 0x142).csrr(RA, 0x143).keep(S0, 0).keep(S1, 1).keep(RA, 2).powerOff();
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(42);
      assertThat(guest.result(1)).isEqualTo(2);
      assertThat(guest.result(2)).isEqualTo(0x10500073);
    }
  }

  @Test
  void runsRepeatExactly() {
    long[] first = busyRun();
    assertThat(busyRun()).containsExactly(first);
  }

  private static long[] busyRun() {
    Program second = new Program().li(T1, 1).keep(T1, 2).jumpToSelf();
    Program wait = new Program().li(T1, Program.RESULTS);
    wait.load(3, S0, T1, 16).loopWhileZeroBehind(S0);
    wait.li(T1, 1 << 5).csrs(SIE, T1).sbi(TIMER, 0, 9000).wfi().csrr(S0, TIME).powerOff();
    try (Guest guest = run(withSecond(second, wait), options -> options.cpus(2))) {
      return new long[] {guest.vm().instructions(), guest.vm().exits().total()};
    }
  }
}
