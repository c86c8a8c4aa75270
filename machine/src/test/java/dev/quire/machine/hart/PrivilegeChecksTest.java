package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.board.IsaString;
import dev.quire.machine.hart.CsrFixture.Mode;
import org.junit.jupiter.api.Test;

class PrivilegeChecksTest {
  private static final long TVM = 1L << 20;
  private static final long TW = 1L << 21;
  private static final long TSR = 1L << 22;
  private static final long HU = 1L << 9;

  private final CsrFixture hart = new CsrFixture();

  /** Asserts what the action raises from M, HS, U, VS and VU. */
  private void expect(Runnable action, int... expected) {
    int i = 0;
    for (Mode mode : Mode.values()) {
      hart.enter(mode);
      assertThat(hart.outcome(action)).as(mode.name()).isEqualTo(expected[i++]);
    }
  }

  @Test
  void ecallCausesByMode() {
    int[] causes = {11, 9, 8, 10, 8};
    int i = 0;
    for (Mode mode : Mode.values()) {
      hart.enter(mode);
      assertThat(hart.checks.ecallCause()).isEqualTo(causes[i++]);
    }
  }

  @Test
  void wfi() {
    expect(hart.checks::checkWfi, -1, -1, 2, -1, 22);
    hart.set(CsrNumber.HSTATUS, TW);
    expect(hart.checks::checkWfi, -1, -1, 2, 22, 22);
    hart.set(CsrNumber.MSTATUS, TW);
    expect(hart.checks::checkWfi, -1, 2, 2, 2, 2);
  }

  @Test
  void supervisorFences() {
    expect(hart.checks::checkSfence, -1, -1, 2, -1, 22);
    hart.set(CsrNumber.MSTATUS, TVM);
    expect(hart.checks::checkSfence, -1, 2, 2, -1, 22);
    expect(hart.checks::checkSfenceOrder, -1, -1, 2, -1, 22);
    hart.set(CsrNumber.HSTATUS, TVM);
    expect(hart.checks::checkSfence, -1, 2, 2, 22, 22);
    expect(hart.checks::checkSfenceOrder, -1, -1, 2, -1, 22);
  }

  @Test
  void hypervisorInstructions() {
    expect(() -> hart.checks.checkHfence(true), -1, -1, 2, 22, 22);
    expect(hart.checks::checkHlv, -1, -1, 2, 22, 22);
    hart.set(CsrNumber.MSTATUS, TVM);
    hart.set(CsrNumber.HSTATUS, HU);
    expect(() -> hart.checks.checkHfence(true), -1, 2, 2, 22, 22);
    expect(() -> hart.checks.checkHfence(false), -1, -1, 2, 22, 22);
    expect(hart.checks::checkHlv, -1, -1, -1, 22, 22);
  }

  @Test
  void returns() {
    expect(hart.traps::mret, -1, 2, 2, 2, 2);
    expect(hart.traps::sret, -1, -1, 2, -1, 22);
    hart.set(CsrNumber.MSTATUS, TSR);
    expect(hart.traps::sret, -1, 2, 2, -1, 22);
    hart.set(CsrNumber.HSTATUS, TSR);
    expect(hart.traps::sret, -1, 2, 2, 22, 22);
  }

  @Test
  void cacheBlocksNeedEveryLevelsConsent() {
    expect(hart.checks::checkCboZero, -1, 2, 2, 2, 2);
    hart.poke(CsrNumber.MENVCFG, 0xf0);
    expect(hart.checks::checkCboZero, -1, -1, 2, 22, 22);
    hart.poke(CsrNumber.SENVCFG, 0xf0);
    expect(hart.checks::checkCboZero, -1, -1, -1, 22, 22);
    hart.poke(CsrNumber.HENVCFG, 0xf0);
    expect(hart.checks::checkCboZero, -1, -1, -1, -1, -1);
    hart.poke(CsrNumber.SENVCFG, 0x40);
    expect(hart.checks::checkCboClean, -1, -1, -1, -1, -1);
    expect(hart.checks::checkCboInval, -1, -1, 2, -1, 22);
  }

  @Test
  void withoutTheExtensionsAllIsIllegal() {
    CsrFixture plain = new CsrFixture(IsaString.parse("rv64i,-u"));
    assertThat(plain.outcome(plain.traps::sret)).isEqualTo(2);
    assertThat(plain.outcome(plain.checks::checkSfence)).isEqualTo(2);
    assertThat(plain.outcome(plain.checks::checkHlv)).isEqualTo(2);
    assertThat(plain.outcome(() -> plain.checks.checkHfence(false))).isEqualTo(2);
    assertThat(plain.outcome(plain.checks::checkWfi)).isEqualTo(CsrFixture.FINE);
  }
}
