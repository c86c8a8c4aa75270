package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.board.IsaString;
import dev.quire.machine.hart.CsrFixture.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrapsTest {
  private static final long MIE = 1L << 3;
  private static final long MPIE = 1L << 7;
  private static final long SIE = 1L << 1;
  private static final long SPIE = 1L << 5;
  private static final long SPP = 1L << 8;
  private static final long MPRV = 1L << 17;
  private static final long GVA = 1L << 38;
  private static final long MPV = 1L << 39;
  private static final long H_GVA = 1L << 6;
  private static final long SPV = 1L << 7;
  private static final long SPVP = 1L << 8;
  private static final long INTERRUPT = 1L << 63;

  private final CsrFixture hart = new CsrFixture();

  private int take(int cause, long value) {
    return hart.traps.take(hart.state.trap.of(cause, value));
  }

  @ParameterizedTest
  @CsvSource({
    // medeleg, hedeleg bits of the cause, then the target from M, HS, U, VS, VU
    "0, 0, 3, 3, 3, 3, 3",
    "0, 1, 3, 3, 3, 3, 3",
    "1, 0, 3, 1, 1, 1, 1",
    "1, 1, 3, 1, 1, 5, 5",
  })
  void delegation(int medeleg, int hedeleg, int m, int hs, int u, int vs, int vu) {
    int[] expected = {m, hs, u, vs, vu};
    for (int cause : new int[] {0, 2, 3, 8, 12, 13, 15}) {
      hart.poke(CsrNumber.MEDELEG, (long) medeleg << cause);
      hart.poke(CsrNumber.HEDELEG, (long) hedeleg << cause);
      int i = 0;
      for (Mode mode : Mode.values()) {
        hart.enter(mode);
        assertThat(take(cause, 0)).as("%d from %s", cause, mode).isEqualTo(expected[i++]);
      }
    }
  }

  @Test
  void guestPageFaultsNeverReachTheGuest() {
    hart.poke(CsrNumber.MEDELEG, -1);
    hart.poke(CsrNumber.HEDELEG, -1);
    for (int cause : new int[] {9, 10, 20, 21, 22, 23}) {
      hart.enter(Mode.VS);
      assertThat(take(cause, 0)).isEqualTo(Traps.HS);
    }
    hart.enter(Mode.HS);
    assertThat(take(Cause.ECALL_M, 0)).isEqualTo(Traps.M);
  }

  @Test
  void entryToMachineModeFromAGuest() {
    hart.poke(CsrNumber.MTVEC, 0x8000_0001L);
    hart.set(CsrNumber.MSTATUS, MIE);
    hart.poke(CsrNumber.MTVAL2, 5);
    hart.enter(Mode.VS);
    hart.state.pc = 0x1234;
    GuestTrap trap = hart.state.trap.of(Cause.STORE_GUEST_PAGE, 0x4004, true);
    trap.guestAddress = 0x2001;
    trap.instruction = 0x3020;
    assertThat(hart.traps.take(trap)).isEqualTo(Traps.M);
    assertThat(hart.mode()).isEqualTo(Mode.M);
    assertThat(hart.state.pc).as("exceptions are not vectored").isEqualTo(0x8000_0000L);
    assertThat(hart.csrs.peek(CsrNumber.MEPC)).isEqualTo(0x1234);
    assertThat(hart.csrs.peek(CsrNumber.MCAUSE)).isEqualTo(23);
    assertThat(hart.csrs.peek(CsrNumber.MTVAL)).isEqualTo(0x4004);
    assertThat(hart.csrs.peek(CsrNumber.MTVAL2)).isEqualTo(0x2001);
    assertThat(hart.csrs.peek(CsrNumber.MTINST)).isEqualTo(0x3020);
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS) & (MIE | MPIE | MPV | GVA | 3L << 11))
        .isEqualTo(MPIE | MPV | GVA | 1L << 11);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (SPV | H_GVA)).isZero();

    take(Cause.ILLEGAL_INSTRUCTION, 7);
    assertThat(hart.csrs.peek(CsrNumber.MTVAL2)).isZero();
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS) & (MPIE | MPV | GVA | 3L << 11))
        .isEqualTo(3L << 11);
  }

  @Test
  void entryToTheHypervisorKeepsThePreviousVirtualPrivilege() {
    hart.poke(CsrNumber.MEDELEG, -1);
    hart.poke(CsrNumber.STVEC, 0x9000);
    hart.set(CsrNumber.SSTATUS, SIE);
    hart.enter(Mode.VS);
    hart.state.pc = 0x10;
    GuestTrap trap = hart.state.trap.of(Cause.LOAD_GUEST_PAGE, 0x77, true);
    trap.guestAddress = 0x99;
    hart.traps.take(trap);
    assertThat(hart.mode()).isEqualTo(Mode.HS);
    assertThat(hart.state.pc).isEqualTo(0x9000);
    assertThat(hart.csrs.peek(CsrNumber.SEPC)).isEqualTo(0x10);
    assertThat(hart.csrs.peek(CsrNumber.HTVAL)).isEqualTo(0x99);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (SPV | SPVP | H_GVA))
        .isEqualTo(SPV | SPVP | H_GVA);
    assertThat(hart.csrs.peek(CsrNumber.SSTATUS) & (SIE | SPIE | SPP)).isEqualTo(SPIE | SPP);

    hart.enter(Mode.U);
    take(Cause.ECALL_U, 0);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (SPV | SPVP | H_GVA))
        .as("SPVP stays when V was 0")
        .isEqualTo(SPVP);
    assertThat(hart.csrs.peek(CsrNumber.HTVAL)).isZero();
    assertThat(hart.csrs.peek(CsrNumber.SSTATUS) & (SIE | SPIE | SPP)).isZero();

    hart.enter(Mode.VU);
    take(Cause.ECALL_U, 0);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (SPV | SPVP | H_GVA)).isEqualTo(SPV);
  }

  @Test
  void entryToTheGuestLeavesTheHypervisorAlone() {
    hart.poke(CsrNumber.MEDELEG, -1);
    hart.poke(CsrNumber.HEDELEG, -1);
    hart.poke(CsrNumber.VSTVEC, 0x7000);
    hart.set(CsrNumber.VSSTATUS, SIE);
    long hstatus = hart.csrs.peek(CsrNumber.HSTATUS);
    long mstatus = hart.csrs.peek(CsrNumber.MSTATUS);
    hart.enter(Mode.VU);
    hart.state.pc = 0x44;
    take(Cause.LOAD_PAGE, 0xdead);
    assertThat(hart.mode()).isEqualTo(Mode.VS);
    assertThat(hart.state.pc).isEqualTo(0x7000);
    assertThat(hart.csrs.peek(CsrNumber.VSEPC)).isEqualTo(0x44);
    assertThat(hart.csrs.peek(CsrNumber.VSCAUSE)).isEqualTo(13);
    assertThat(hart.csrs.peek(CsrNumber.VSTVAL)).isEqualTo(0xdead);
    assertThat(hart.csrs.peek(CsrNumber.VSSTATUS) & (SIE | SPIE | SPP)).isEqualTo(SPIE);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS)).isEqualTo(hstatus);
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS)).isEqualTo(mstatus);
    assertThat(hart.csrs.peek(CsrNumber.SCAUSE)).isZero();
  }

  @Test
  void addressesTrappedWithVirtualizationAreGuestAddresses() {
    hart.poke(CsrNumber.MEDELEG, -1);
    for (int cause = 0; cause < 24; cause++) {
      if ((0xfcb7ffL >>> cause & 1) == 0) {
        continue;
      }
      boolean address = cause != 2 && cause != 22 && !(cause >= 8 && cause <= 10);
      address &= cause != 18 && cause != 19;
      hart.enter(Mode.VS);
      take(cause, 4);
      assertThat(hart.has(CsrNumber.HSTATUS, H_GVA)).as("cause %d", cause).isEqualTo(address);
    }
    hart.enter(Mode.HS);
    hart.traps.take(hart.state.trap.of(Cause.LOAD_PAGE, 4, true)); // an HLV
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (H_GVA | SPV)).isEqualTo(H_GVA);
  }

  @ParameterizedTest
  @CsvSource({
    "0, false, U",
    "1, false, HS",
    "3, false, M",
    "0, true, VU",
    "1, true, VS",
    "3, true, M"
  })
  void mret(long mpp, boolean mpv, Mode target) {
    hart.poke(CsrNumber.MEPC, 0x8888);
    hart.poke(CsrNumber.MSTATUS, MPIE | MPRV | mpp << 11 | (mpv ? MPV : 0));
    hart.traps.mret();
    assertThat(hart.mode()).isEqualTo(target);
    assertThat(hart.state.pc).isEqualTo(0x8888);
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS) & (MIE | MPIE | MPV | 3L << 11 | MPRV))
        .isEqualTo(MIE | MPIE | (target == Mode.M ? MPRV : 0));
    assertThat(hart.state.translation.mprv).isEqualTo(target == Mode.M);
  }

  @Test
  void mretWithoutUserModeStaysInMachineMode() {
    CsrFixture plain = new CsrFixture(IsaString.parse("-u"));
    plain.traps.mret();
    assertThat(plain.mode()).isEqualTo(Mode.M);
    assertThat(plain.csrs.peek(CsrNumber.MSTATUS) >>> 11 & 3).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"false, false, U", "true, false, HS", "false, true, VU", "true, true, VS"})
  void sretFromTheHypervisor(boolean spp, boolean spv, Mode target) {
    hart.poke(CsrNumber.SEPC, 0x42);
    hart.poke(CsrNumber.HSTATUS, (spv ? SPV : 0) | SPVP);
    hart.poke(CsrNumber.MSTATUS, SPIE | MPRV | (spp ? SPP : 0));
    hart.enter(Mode.HS);
    hart.traps.sret();
    assertThat(hart.mode()).isEqualTo(target);
    assertThat(hart.state.pc).isEqualTo(0x42);
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS) & (SIE | SPIE | SPP | MPRV)).isEqualTo(SIE | SPIE);
    assertThat(hart.csrs.peek(CsrNumber.HSTATUS) & (SPV | SPVP)).isEqualTo(SPVP);
  }

  @Test
  void sretInTheGuestStaysInTheGuest() {
    hart.poke(CsrNumber.VSEPC, 0x46);
    hart.poke(CsrNumber.VSSTATUS, SPP);
    hart.set(CsrNumber.HSTATUS, SPV);
    hart.enter(Mode.VS);
    hart.traps.sret();
    assertThat(hart.mode()).isEqualTo(Mode.VS);
    assertThat(hart.csrs.peek(CsrNumber.VSSTATUS) & (SIE | SPIE | SPP)).isEqualTo(SPIE);
    hart.traps.sret();
    assertThat(hart.mode()).isEqualTo(Mode.VU);
    assertThat(hart.state.pc).isEqualTo(0x46);
    assertThat(hart.has(CsrNumber.HSTATUS, SPV)).isTrue();
  }

  @Test
  void interruptsAreVectoredAndTranslatedForTheGuest() {
    hart.poke(CsrNumber.MTVEC, 0x8001);
    hart.poke(CsrNumber.STVEC, 0x9001);
    hart.poke(CsrNumber.VSTVEC, 0xa001);
    assertThat(hart.traps.takeInterrupt(Interrupts.MTI)).isEqualTo(Traps.M);
    assertThat(hart.state.pc).isEqualTo(0x8000 + 4 * 7);
    assertThat(hart.csrs.peek(CsrNumber.MCAUSE)).isEqualTo(INTERRUPT | 7);
    hart.enter(Mode.VU);
    assertThat(hart.traps.takeInterrupt(Interrupts.VSTI)).isEqualTo(Traps.HS);
    assertThat(hart.csrs.peek(CsrNumber.SCAUSE)).isEqualTo(INTERRUPT | 6);
    assertThat(hart.state.pc).isEqualTo(0x9000 + 4 * 6);
    assertThat(hart.has(CsrNumber.HSTATUS, SPV)).isTrue();
    hart.poke(CsrNumber.HIDELEG, 0x444);
    for (int cause : new int[] {2, 6, 10}) {
      hart.enter(Mode.VU);
      assertThat(hart.traps.takeInterrupt(cause)).isEqualTo(Traps.VS);
      assertThat(hart.csrs.peek(CsrNumber.VSCAUSE)).isEqualTo(INTERRUPT | (cause - 1));
      assertThat(hart.state.pc).isEqualTo(0xa000 + 4 * (cause - 1));
    }
  }
}
