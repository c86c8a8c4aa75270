package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.hart.CsrFixture.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may access what: -1 for granted, 2 for an illegal, 22 for a virtual instruction. */
class CsrAccessTest {
  private static final long TVM = 1L << 20;
  private static final long VTVM = 1L << 20;
  private static final long STCE = 1L << 63;
  private static final long FS_INITIAL = 1L << 13;

  private final CsrFixture hart = new CsrFixture();

  @ParameterizedTest(name = "0x{0}")
  @CsvSource({
    // number, then reading from M, HS, U, VS, VU
    "300, -1,  2,  2,  2,  2", // mstatus
    "344, -1,  2,  2,  2,  2", // mip
    "34b, -1,  2,  2,  2,  2", // mtval2
    "f14, -1,  2,  2,  2,  2", // mhartid
    "7a0, -1,  2,  2,  2,  2", // tselect
    "100, -1, -1,  2, -1, 22", // sstatus
    "104, -1, -1,  2, -1, 22", // sie
    "144, -1, -1,  2, -1, 22", // sip
    "106, -1, -1,  2, -1, 22", // scounteren
    "10a, -1, -1,  2, -1, 22", // senvcfg
    "180, -1, -1,  2, -1, 22", // satp
    "200, -1, -1,  2, 22, 22", // vsstatus
    "280, -1, -1,  2, 22, 22", // vsatp
    "600, -1, -1,  2, 22, 22", // hstatus
    "605, -1, -1,  2, 22, 22", // htimedelta
    "680, -1, -1,  2, 22, 22", // hgatp
    "e12, -1, -1,  2, 22, 22", // hgeip
    "c00, -1,  2,  2,  2,  2", // cycle under mcounteren = 0
    "14d, -1,  2,  2,  2,  2", // stimecmp under menvcfg = 0
    "24d, -1,  2,  2,  2,  2", // vstimecmp likewise
    "003,  2,  2,  2,  2,  2", // fcsr under FS = 0
    "c80,  2,  2,  2,  2,  2", // cycleh, which RV64 lacks
    "5a8,  2,  2,  2,  2,  2", // scontext, absent
    "30c,  2,  2,  2,  2,  2", // mstateen0, absent
    "7ff,  2,  2,  2,  2,  2",
  })
  void reads(String number, int m, int hs, int u, int vs, int vu) {
    int csr = Integer.parseInt(number, 16);
    int[] expected = {m, hs, u, vs, vu};
    int i = 0;
    for (Mode mode : Mode.values()) {
      hart.enter(mode);
      assertThat(hart.reading(csr)).as(mode.name()).isEqualTo(expected[i++]);
    }
  }

  @Test
  void readOnlyRegistersAreIllegalToWriteInEveryMode() {
    hart.poke(CsrNumber.MCOUNTEREN, 7);
    for (Mode mode : Mode.values()) {
      hart.enter(mode);
      for (int csr : new int[] {CsrNumber.CYCLE, CsrNumber.HGEIP, CsrNumber.MHARTID}) {
        assertThat(hart.writing(csr, 0)).isEqualTo(CsrFixture.ILLEGAL);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // mcounteren, hcounteren, scounteren, then reading from M, HS, U, VS, VU
    "0, 7, 7, -1,  2,  2,  2,  2",
    "7, 0, 0, -1, -1,  2, 22, 22",
    "7, 0, 7, -1, -1, -1, 22, 22",
    "7, 7, 0, -1, -1,  2, -1, 22",
    "7, 7, 7, -1, -1, -1, -1, -1",
  })
  void counters(int mcen, int hcen, int scen, int m, int hs, int u, int vs, int vu) {
    hart.poke(CsrNumber.MCOUNTEREN, mcen);
    hart.poke(CsrNumber.HCOUNTEREN, hcen);
    hart.poke(CsrNumber.SCOUNTEREN, scen);
    for (int csr = CsrNumber.CYCLE; csr <= CsrNumber.INSTRET; csr++) {
      reads(Integer.toHexString(csr), m, hs, u, vs, vu);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // menvcfg.STCE, henvcfg.STCE, mcounteren, hcounteren: stimecmp from M, HS, U, VS, VU; vstimecmp
    "0, 1, 7, 7, -1,  2, 2,  2,  2, -1,  2, 2,  2,  2",
    "1, 1, 5, 7, -1,  2, 2,  2,  2, -1,  2, 2,  2,  2",
    "1, 0, 7, 7, -1, -1, 2, 22, 22, -1, -1, 2, 22, 22",
    "1, 1, 7, 5, -1, -1, 2, 22, 22, -1, -1, 2, 22, 22",
    "1, 1, 7, 7, -1, -1, 2, -1, 22, -1, -1, 2, 22, 22",
  })
  void timers(
      long mstce,
      long hstce,
      int mcen,
      int hcen,
      int m,
      int hs,
      int u,
      int vs,
      int vu,
      int vm,
      int vhs,
      int vu0,
      int vvs,
      int vvu) {
    hart.poke(CsrNumber.MENVCFG, mstce * STCE);
    hart.poke(CsrNumber.HENVCFG, hstce * STCE);
    hart.poke(CsrNumber.MCOUNTEREN, mcen);
    hart.poke(CsrNumber.HCOUNTEREN, hcen);
    reads("14d", m, hs, u, vs, vu);
    reads("24d", vm, vhs, vu0, vvs, vvu);
  }

  @Test
  void pagingTraps() {
    hart.set(CsrNumber.MSTATUS, TVM);
    reads("180", -1, 2, 2, -1, 22);
    reads("680", -1, 2, 2, 22, 22);
    reads("280", -1, -1, 2, 22, 22);
    hart.clear(CsrNumber.MSTATUS, TVM);
    hart.set(CsrNumber.HSTATUS, VTVM);
    reads("180", -1, -1, 2, 22, 22);
  }

  @Test
  void floatingPointNeedsFsAtEveryLevelInEffect() {
    hart.set(CsrNumber.VSSTATUS, FS_INITIAL);
    reads("003", 2, 2, 2, 2, 2);
    hart.set(CsrNumber.MSTATUS, FS_INITIAL);
    reads("003", -1, -1, -1, -1, -1);
    hart.clear(CsrNumber.VSSTATUS, FS_INITIAL);
    reads("003", -1, -1, -1, 2, 2);
  }

  @Test
  void enableFpMarksDirtyAtEveryLevelInEffect() {
    hart.set(CsrNumber.MSTATUS, FS_INITIAL);
    assertThat(hart.state.fpReady).isFalse();
    hart.csrs.enableFp();
    assertThat(hart.state.fpReady).isTrue();
    assertThat(hart.has(CsrNumber.SSTATUS, 3L << 13 | 1L << 63)).isTrue();
    hart.enter(Mode.VS);
    assertThat(hart.state.fpReady).as("vsstatus.FS is off").isFalse();
    assertThat(hart.outcome(hart.csrs::enableFp)).isEqualTo(CsrFixture.ILLEGAL);
    hart.set(CsrNumber.VSSTATUS, FS_INITIAL);
    hart.csrs.enableFp();
    assertThat(hart.has(CsrNumber.VSSTATUS, 3L << 13 | 1L << 63)).isTrue();
    hart.clear(CsrNumber.MSTATUS, 3L << 13);
    assertThat(hart.state.fpReady).isFalse();
    assertThat(hart.has(CsrNumber.VSSTATUS, 1L << 63)).isTrue();
  }

  @Test
  void guestsAccessTheirOwnRegisters() {
    hart.enter(Mode.VS);
    hart.csrs.write(CsrNumber.SSCRATCH, 11);
    hart.csrs.write(CsrNumber.SATP, 9L << 60 | 1);
    hart.csrs.write(CsrNumber.SATP, 5L << 60 | 2);
    hart.csrs.write(CsrNumber.SCOUNTEREN, 2);
    hart.csrs.access(CsrNumber.SSTATUS, 1L << 18, Csrs.READ_SET, true, true);
    assertThat(hart.csrs.read(CsrNumber.SSCRATCH)).isEqualTo(11);
    assertThat(hart.csrs.peek(CsrNumber.VSSCRATCH)).isEqualTo(11);
    assertThat(hart.csrs.peek(CsrNumber.SSCRATCH)).isZero();
    assertThat(hart.state.translation.vsatp).isEqualTo(9L << 60 | 1);
    assertThat(hart.state.translation.satp).isZero();
    assertThat(hart.state.translation.vsSum).isTrue();
    assertThat(hart.csrs.peek(CsrNumber.SCOUNTEREN)).as("has no VS version").isEqualTo(2);
  }

  @Test
  void refusedAccessesChangeNothing() {
    hart.set(CsrNumber.HSTATUS, VTVM);
    hart.enter(Mode.VS);
    GuestTrap trap = hart.state.trap;
    assertThat(hart.writing(CsrNumber.SATP, 8L << 60)).isEqualTo(CsrFixture.VIRTUAL);
    assertThat(trap.guestVirtual).isFalse();
    assertThat(hart.csrs.peek(CsrNumber.VSATP)).isZero();
  }
}
