package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.board.IsaString;
import dev.quire.machine.hart.CsrFixture.Mode;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What registers hold after any value has been written to them. */
class CsrValuesTest {
  private final CsrFixture hart = new CsrFixture();

  @ParameterizedTest(name = "0x{0}: 0x{1} .. 0x{2}")
  @CsvSource({
    // number, after writing 0, after writing all ones
    "300, 0000000a00000000, 800000ca007e79aa", // mstatus
    "100, 0000000200000000, 80000002000c6122", // sstatus
    "200, 0000000200000000, 80000002000c6122", // vsstatus
    "600, 0000000200000000, 00000002007003c0", // hstatus
    "302, 0, fcb7ff", // medeleg
    "602, 0, cb1ff", // hedeleg
    "303, 1444, 1666", // mideleg
    "603, 0, 444", // hideleg
    "304, 0, 1eee", // mie
    "604, 0, 1444", // hie
    "645, 0, 444", // hvip
    "305, 0, fffffffffffffffd", // mtvec
    "105, 0, fffffffffffffffd", // stvec
    "341, 0, fffffffffffffffe", // mepc
    "241, 0, fffffffffffffffe", // vsepc
    "342, 0, ffffffffffffffff", // mcause
    "306, 0, 7", // mcounteren
    "606, 0, 7", // hcounteren
    "106, 0, 7", // scounteren
    "320, 0, 5", // mcountinhibit
    "30a, 0, e0000000000000f1", // menvcfg
    "10a, 0, f1", // senvcfg
    "60a, 0, f1", // henvcfg under menvcfg = 0
    "607, 0, 0", // hgeie
    "3b0, 0, 3fffffffffffff", // pmpaddr0
    "3c0, 0, 0", // pmpaddr16
    "3a4, 0, 0", // pmpcfg4
    "7a0, 0, 0", // tselect
    "7a1, 0, 0", // tdata1
    "b03, 0, 0", // mhpmcounter3
    "33f, 0, 0", // mhpmevent31
    "680, 0, 03fffffffffffffc", // hgatp: mode 15 is unsupported, so it stays
  })
  void warl(String number, String zero, String ones) {
    int csr = Integer.parseInt(number, 16);
    assertThat(hart.poke(csr, 0)).isEqualTo(Long.parseUnsignedLong(zero, 16));
    assertThat(hart.poke(csr, -1)).isEqualTo(Long.parseUnsignedLong(ones, 16));
    assertThat(hart.poke(csr, 0)).isEqualTo(Long.parseUnsignedLong(zero, 16));
  }

  @Test
  void identity() {
    assertThat(hart.csrs.peek(CsrNumber.MHARTID)).isEqualTo(5);
    assertThat(hart.csrs.peek(CsrNumber.MISA)).isEqualTo(0x800000000014_11afL);
    assertThat(new CsrFixture(IsaString.parse("rv64i")).csrs.peek(CsrNumber.MISA))
        .isEqualTo(2L << 62 | 1 << 8 | 1 << 18 | 1 << 20);
  }

  @Test
  void mppHoldsOnlyModesThatExist() {
    hart.poke(CsrNumber.MSTATUS, 1L << 11);
    assertThat(hart.poke(CsrNumber.MSTATUS, 2L << 11) >>> 11 & 3).isEqualTo(1);
    assertThat(hart.poke(CsrNumber.MSTATUS, 3L << 11) >>> 11 & 3).isEqualTo(3);
    CsrFixture bare = new CsrFixture(IsaString.parse("-u"));
    assertThat(bare.poke(CsrNumber.MSTATUS, 0)).isEqualTo(3L << 11);
  }

  @Test
  void satpIgnoresUnsupportedModes() {
    long sv48 = 9L << 60 | 0xffffL << 44 | 0xfff_ffff_ffffL;
    for (int csr : new int[] {CsrNumber.SATP, CsrNumber.VSATP}) {
      assertThat(hart.poke(csr, sv48)).isEqualTo(sv48);
      for (long mode : new long[] {1, 7, 11, 15}) {
        assertThat(hart.poke(csr, mode << 60 | 1)).isEqualTo(sv48);
      }
      assertThat(hart.poke(csr, 10L << 60 | 3)).isEqualTo(10L << 60 | 3);
      assertThat(hart.poke(csr, 8L << 60)).isEqualTo(8L << 60);
    }
  }

  @Test
  void hgatpKeepsItsModeWhenTheWrittenOneIsUnsupported() {
    long sv39x4 = 8L << 60 | 7L << 44 | 0x80000;
    assertThat(hart.poke(CsrNumber.HGATP, sv39x4)).isEqualTo(sv39x4);
    assertThat(hart.poke(CsrNumber.HGATP, 15L << 60 | 0x90003)).isEqualTo(8L << 60 | 0x90000);
    assertThat(hart.poke(CsrNumber.HGATP, 0)).isZero();
    assertThat(hart.state.translation.hgatp).isZero();
  }

  @Test
  void henvcfgGivesOnlyWhatMenvcfgGrants() {
    long granted = 7L << 61;
    hart.poke(CsrNumber.MENVCFG, 1L << 61);
    assertThat(hart.poke(CsrNumber.HENVCFG, granted)).isEqualTo(1L << 61);
    assertThat(hart.state.translation.vsAdue).isTrue();
    assertThat(hart.state.translation.vsPbmte).isFalse();
    hart.poke(CsrNumber.MENVCFG, granted);
    assertThat(hart.state.translation.vsPbmte).isTrue();
    hart.poke(CsrNumber.MENVCFG, 0);
    assertThat(hart.csrs.peek(CsrNumber.HENVCFG)).isZero();
    assertThat(hart.state.translation.vsAdue).isFalse();
  }

  @Test
  void withoutSvadeHardwareUpdatesFromReset() {
    CsrFixture updating = new CsrFixture(IsaString.parse("-svade"));
    assertThat(updating.csrs.peek(CsrNumber.MENVCFG)).isEqualTo(1L << 61);
    assertThat(updating.state.translation.adue).isTrue();
    assertThat(hart.state.translation.adue).isFalse();
  }

  @Test
  void reservedCbieKeepsTheOldValue() {
    hart.poke(CsrNumber.SENVCFG, 1L << 4);
    assertThat(hart.poke(CsrNumber.SENVCFG, 2L << 4 | 1)).isEqualTo(1L << 4 | 1);
    assertThat(hart.poke(CsrNumber.SENVCFG, 3L << 4)).isEqualTo(3L << 4);
  }

  @Test
  void extensionsThatAreAbsentTakeTheirFieldsAlong() {
    CsrFixture plain = new CsrFixture(IsaString.parse("rv64ima"));
    assertThat(plain.poke(CsrNumber.MENVCFG, -1)).isEqualTo(1);
    assertThat(plain.state.translation.svnapot).isFalse();
    assertThat(hart.state.translation.svnapot).isTrue();
    assertThat(plain.poke(CsrNumber.MEPC, -1)).isEqualTo(~3L);
    assertThat(plain.poke(CsrNumber.MIDELEG, -1)).isEqualTo(0x222);
    assertThat(plain.poke(CsrNumber.MEDELEG, -1)).isEqualTo(0xcb3ff);
    assertThat(plain.poke(CsrNumber.MSTATUS, -1)).isEqualTo(0xa007e19aaL);
    for (int csr : new int[] {CsrNumber.HSTATUS, CsrNumber.VSATP, CsrNumber.FCSR, CsrNumber.TIME}) {
      assertThat(plain.reading(csr)).isEqualTo(CsrFixture.ILLEGAL);
      assertThatThrownBy(() -> plain.csrs.peek(csr)).isInstanceOf(IllegalArgumentException.class);
    }
    CsrFixture machineOnly = new CsrFixture(IsaString.parse("rv64im,-u"));
    for (int csr : new int[] {CsrNumber.MEDELEG, CsrNumber.SATP, CsrNumber.MENVCFG}) {
      assertThat(machineOnly.reading(csr)).isEqualTo(CsrFixture.ILLEGAL);
    }
  }

  @Test
  void pmpConfigurationIsLegalAndLocks() {
    assertThat(hart.poke(CsrNumber.PMPCFG0, -1)).isEqualTo(0x9f9f9f9f9f9f9f9fL);
    assertThat(hart.poke(CsrNumber.PMPCFG0, 0)).isEqualTo(0x9f9f9f9f9f9f9f9fL);
    assertThat(hart.poke(CsrNumber.PMPADDR0 + 3, 7)).isZero();
    // W without R is reserved; entry 9 is locked and TOR, so address 8 is its lower bound
    assertThat(hart.poke(CsrNumber.PMPADDR0 + 8, 0x123)).isEqualTo(0x123);
    assertThat(hart.poke(CsrNumber.PMPCFG0 + 2, 0x8f02)).isEqualTo(0x8f00);
    assertThat(hart.poke(CsrNumber.PMPADDR0 + 8, 0x456)).isEqualTo(0x123);
    assertThat(hart.poke(CsrNumber.PMPADDR0 + 10, 0x456)).isEqualTo(0x456);
    assertThat(hart.state.translation.pmpaddr[10]).isEqualTo(0x456);
    assertThat(hart.contextChanges).as("locked addresses are not changed").isEqualTo(5);
  }

  @Test
  void countersCountCompletedInstructions() {
    hart.state.completed = 1000;
    assertThat(hart.csrs.read(CsrNumber.INSTRET)).isEqualTo(1000);
    hart.csrs.write(CsrNumber.MINSTRET, 0);
    hart.state.completed = 1001; // the write itself
    assertThat(hart.csrs.read(CsrNumber.MINSTRET)).isZero();
    hart.state.completed = 1011;
    assertThat(hart.csrs.read(CsrNumber.INSTRET)).isEqualTo(10);
    assertThat(hart.csrs.read(CsrNumber.CYCLE)).isEqualTo(1011);
    hart.csrs.write(CsrNumber.MCOUNTINHIBIT, 4);
    hart.state.completed = 5000;
    assertThat(hart.csrs.read(CsrNumber.MINSTRET)).isEqualTo(10);
    hart.csrs.write(CsrNumber.MCOUNTINHIBIT, 0);
    hart.state.completed = 5001;
    assertThat(hart.csrs.read(CsrNumber.MINSTRET)).isEqualTo(11);
    assertThat(hart.poke(CsrNumber.MCYCLE, 77)).isEqualTo(77);
  }

  @Test
  void guestsSeeTimeShifted() {
    hart.time = 500;
    hart.poke(CsrNumber.HTIMEDELTA, -100);
    hart.poke(CsrNumber.MCOUNTEREN, 7);
    hart.poke(CsrNumber.HCOUNTEREN, 7);
    assertThat(hart.csrs.read(CsrNumber.TIME)).isEqualTo(500);
    hart.enter(Mode.VS);
    assertThat(hart.csrs.read(CsrNumber.TIME)).isEqualTo(400);
  }

  @Test
  void floatingPointFieldsOverlap() {
    hart.set(CsrNumber.MSTATUS, 1L << 13);
    hart.csrs.write(CsrNumber.FCSR, 0x7a5);
    assertThat(hart.state.fp.flags).isEqualTo(5);
    assertThat(hart.state.fp.frm).isEqualTo(5);
    assertThat(hart.csrs.read(CsrNumber.FCSR)).isEqualTo(0xa5);
    hart.csrs.write(CsrNumber.FRM, 0xa);
    hart.csrs.access(CsrNumber.FFLAGS, 0x2a, Csrs.READ_SET, true, true);
    assertThat(hart.csrs.read(CsrNumber.FCSR)).isEqualTo(0x4f);
    assertThat(hart.has(CsrNumber.MSTATUS, 3L << 13 | 1L << 63)).isTrue();
  }

  @Test
  void accessReturnsTheOldValueAndChangesBits() {
    int csr = CsrNumber.MSCRATCH;
    assertThat(hart.csrs.access(csr, 0xf0, Csrs.READ_WRITE, true, true)).isZero();
    assertThat(hart.csrs.access(csr, 0x0f, Csrs.READ_SET, true, true)).isEqualTo(0xf0);
    assertThat(hart.csrs.access(csr, 0x81, Csrs.READ_CLEAR, true, true)).isEqualTo(0xff);
    assertThat(hart.csrs.access(csr, -1, Csrs.READ_SET, true, false)).isEqualTo(0x7e);
    assertThat(hart.csrs.read(csr)).isEqualTo(0x7e);
  }

  @Test
  void theMmuSeesTheStatusFields() {
    hart.set(CsrNumber.MSTATUS, 1L << 18 | 1L << 39 | 1L << 11);
    assertThat(hart.state.translation.sum).isTrue();
    assertThat(hart.contextChanges).isEqualTo(1);
    hart.clear(CsrNumber.MSTATUS, 3L << 11);
    assertThat(hart.contextChanges).as("MPP without MPRV is nothing to the MMU").isEqualTo(1);
    hart.set(CsrNumber.MSTATUS, 1L << 17);
    assertThat(hart.contextChanges).isEqualTo(2);
    assertThat(hart.state.translation.mprv).isTrue();
    assertThat(hart.state.translation.mpv).isTrue();
    assertThat(hart.state.translation.mpp).isZero();
    hart.set(CsrNumber.VSSTATUS, 1L << 19);
    assertThat(hart.state.translation.vsMxr).isTrue();
    assertThat(hart.state.translation.mxr).isFalse();
    hart.set(CsrNumber.HSTATUS, 1L << 8);
    assertThat(hart.state.translation.spvp).isTrue();
    hart.poke(CsrNumber.SATP, 8L << 60);
    hart.poke(CsrNumber.SATP, 8L << 60);
    assertThat(hart.contextChanges).as("an equal satp changes nothing").isEqualTo(5);
  }

  @Test
  void everyRegisterStandsAnyValue() {
    SplittableRandom random = new SplittableRandom(1);
    List<Mode> modes = List.of(Mode.values());
    CsrFixture plain = new CsrFixture(new Isa(EnumSet.of(Extension.M)));
    for (CsrFixture each : new CsrFixture[] {hart, plain}) {
      for (int i = 0; i < 40_000; i++) {
        each.enter(Mode.M);
        int csr = random.nextInt(4096);
        each.outcome(() -> each.csrs.access(csr, random.nextLong(), random.nextInt(3), true, true));
        each.enter(modes.get(random.nextInt(5)));
        each.outcome(() -> each.csrs.access(csr, random.nextLong(), random.nextInt(3), true, true));
        each.interrupts.next();
        each.interrupts.nextTimerTick();
      }
    }
    assertThat(hart.csrs.peek(CsrNumber.MSTATUS) & 0xf00000000L).isEqualTo(0xa00000000L);
  }
}
