package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.A1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.PowerControl;
import dev.quire.monitor.vcpu.Exits.Reason;
import org.junit.jupiter.api.Test;

class SbiTest {
  private static final long BASE = 0x10;
  private static final long IPI = 0x735049;
  private static final long RFENCE = 0x52464e43;
  private static final long HSM = 0x48534d;
  private static final long RESET = 0x53525354;
  private static final long CONSOLE = 0x4442434e;

  private static final long NOT_SUPPORTED = -2;
  private static final long INVALID_PARAM = -3;
  private static final long INVALID_ADDRESS = -5;
  private static final long ALREADY_AVAILABLE = -6;

  /** Runs one call on a VM with two harts and returns {a0, a1}. */
  private static long[] call(long extension, long function, long... arguments) {
    Program program = new Program().sbi(extension, function, arguments);
    program.keep(A0, 0).keep(A1, 1).powerOff();
    try (Guest guest = new Guest(program, options -> options.cpus(2))) {
      assertThat(guest.run()).isEqualTo(new PowerControl.Request(PowerControl.Kind.OFF, 0));
      return new long[] {guest.result(0), guest.result(1)};
    }
  }

  private static void assertError(long error, long extension, long function, long... arguments) {
    assertThat(call(extension, function, arguments)[0])
        .as("extension 0x%x, function %d", extension, function)
        .isEqualTo(error);
  }

  @Test
  void baseTellsVersionAndExtensions() {
    assertThat(call(BASE, 0)).containsExactly(0, 0x0200_0000);
    assertThat(call(BASE, 3, RFENCE)).containsExactly(0, 1);
    assertThat(call(BASE, 3, 0x504d55)).containsExactly(0, 0);
    assertError(NOT_SUPPORTED, BASE, 7);
    assertError(NOT_SUPPORTED, BASE, -1);
  }

  @Test
  void unknownExtensionsAreNotSupported() {
    assertError(NOT_SUPPORTED, 0, 0);
    assertError(NOT_SUPPORTED, -1, 0);
    assertError(NOT_SUPPORTED, 0x504d55, 0);
    assertError(NOT_SUPPORTED, IPI, 1);
    assertError(NOT_SUPPORTED, RFENCE, 3);
    assertError(NOT_SUPPORTED, HSM, 4);
    assertError(NOT_SUPPORTED, 0x54494d45, 1);
  }

  @Test
  void hartMasksNameExistingHartsOnly() {
    assertError(0, IPI, 0, 0, 0);
    assertError(0, IPI, 0, 0, 1);
    assertError(0, IPI, 0, 1, 1);
    assertError(0, IPI, 0, 0xdead, -1);
    assertError(INVALID_PARAM, IPI, 0, 4, 0);
    assertError(INVALID_PARAM, IPI, 0, 2, 1);
    assertError(INVALID_PARAM, IPI, 0, 0, 2);
    assertError(INVALID_PARAM, IPI, 0, -1, 0);
    assertError(INVALID_PARAM, IPI, 0, 1, Long.MIN_VALUE);
  }

  @Test
  void remoteFencesCheckTheirRange() {
    assertError(0, RFENCE, 0, 0, -1);
    assertError(0, RFENCE, 1, 3, 0, 0, 0);
    assertError(0, RFENCE, 1, 3, 0, 0x1000, -1);
    assertError(0, RFENCE, 1, 3, 0, 0xffff_ffff_ffff_f000L, 0x1000);
    assertError(0, RFENCE, 2, 3, 0, 0x123, 1L << 62, 0xffff);
    assertError(INVALID_ADDRESS, RFENCE, 1, 3, 0, 0xffff_ffff_ffff_f000L, 0x2000);
    assertError(INVALID_PARAM, RFENCE, 1, 4, 0, 0, 0);
  }

  @Test
  void hartsAreStartedOnlyOnceAndOnlyInMemory() {
    assertThat(call(HSM, 2, 0)).containsExactly(0, 0);
    assertThat(call(HSM, 2, 1)).containsExactly(0, 1);
    assertError(INVALID_PARAM, HSM, 2, 2);
    assertError(INVALID_PARAM, HSM, 0, 2, Program.START, 0);
    assertError(INVALID_PARAM, HSM, 0, -1, Program.START, 0);
    assertError(INVALID_ADDRESS, HSM, 0, 1, 0, 0);
    assertError(INVALID_ADDRESS, HSM, 0, 1, -2, 0);
    assertError(INVALID_ADDRESS, HSM, 0, 1, Program.START + 1, 0);
    assertError(ALREADY_AVAILABLE, HSM, 0, 0, Program.START, 0);
    assertError(INVALID_PARAM, HSM, 3, 1, 0, 0);
    assertError(NOT_SUPPORTED, HSM, 3, 0x1000_0000, 0, 0);
    assertError(NOT_SUPPORTED, HSM, 3, 0x9000_0000L, 0, 0);
    assertError(INVALID_ADDRESS, HSM, 3, 0x8000_0000L, 0, 0);
  }

  @Test
  void resetTypesThatAreReservedAreInvalid() {
    assertError(INVALID_PARAM, RESET, 0, 3, 0);
    assertError(INVALID_PARAM, RESET, 0, -1, 0);
    assertError(INVALID_PARAM, RESET, 0, 0, 2);
    assertError(NOT_SUPPORTED, RESET, 1);
  }

  @Test
  void shutdownForAFailureAndRebootTellTheBoard() {
    try (Guest guest = new Guest(new Program().sbi(RESET, 0, 0, 1))) {
      assertThat(guest.run()).isEqualTo(new PowerControl.Request(PowerControl.Kind.OFF, 1));
    }
    try (Guest guest = new Guest(new Program().sbi(RESET, 0, 1, 0))) {
      assertThat(guest.run().kind()).isEqualTo(PowerControl.Kind.RESET);
    }
  }

  @Test
  void debugConsolePrintsFromMemory() {
    Program program = new Program().li(A0, 0x0a6b6f).keep(A0, 0);
    program.sbi(CONSOLE, 0, 3, Program.RESULTS, 0).keep(A0, 1).keep(A1, 2);
    program.sbi(CONSOLE, 2, 'x').powerOff();
    try (Guest guest = new Guest(program)) {
      guest.run();
      assertThat(guest.console()).isEqualTo("ok\nx");
      assertThat(guest.result(1)).isZero();
      assertThat(guest.result(2)).isEqualTo(3);
      assertThat(guest.vm().exits().get(Reason.SBI)).isEqualTo(3);
    }
  }

  @Test
  void debugConsoleStaysInsideMemory() {
    assertError(INVALID_PARAM, CONSOLE, 0, 1, 0, 0);
    assertError(INVALID_PARAM, CONSOLE, 0, 1, -1, 0);
    assertError(INVALID_PARAM, CONSOLE, 0, -1, Program.START, 0);
    assertError(INVALID_PARAM, CONSOLE, 0, 16 << 20, Program.START, 0);
    assertError(INVALID_PARAM, CONSOLE, 0, 1, Program.START, 1);
    assertError(INVALID_PARAM, CONSOLE, 1, 1, 0x1000_0000, 0);
    assertThat(call(CONSOLE, 0, 8 << 20, Program.START, 0)).containsExactly(0, 4096);
    assertThat(call(CONSOLE, 1, 8, Program.RESULTS, 0)).containsExactly(0, 0);
  }
}
