package dev.quire.machine.hart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.bus.AddressMap;
import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.machine.mmu.MmuConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HartTest {
  private static final long BASE = 0x80000000L;

  private final PhysicalMemory memory = new PhysicalMemory(BASE, 1 << 20);
  private final Hart hart =
      new Hart(
          0,
          Isa.full(),
          () -> 0,
          MmuConfig.standard(),
          memory,
          new AddressMap(),
          new CodeCache(memory, Isa.full()));

  @AfterEach
  void close() {
    memory.close();
  }

  private void program(long at, int... words) {
    for (int i = 0; i < words.length; i++) {
      memory.writeInt(at + 4L * i, words[i]);
    }
    hart.setPc(at);
  }

  @Test
  void countsDownALoopAndStopsExactlyAtTheBudget() {
    // li a0, 10; 1: addi a0, a0, -1; bnez a0, 1b
    program(BASE, 0x00a00513, 0xfff50513, 0xfe051ee3);
    assertThat(hart.run(20)).isEqualTo(Hart.Exit.BUDGET);
    assertThat(hart.completed()).isEqualTo(20);
    assertThat(hart.x[10]).isEqualTo(0);
    assertThat(hart.pc()).isEqualTo(BASE + 8);
  }

  @Test
  void morePagesOfCodeThanAreKeptRunAgainAndAgain() {
    int pages = 5000;
    try (PhysicalMemory large = new PhysicalMemory(BASE, (pages + 1L) << 12)) {
      CodeCache code = new CodeCache(large, Isa.full());
      MmuConfig mmu = MmuConfig.standard();
      Hart runner = new Hart(0, Isa.full(), () -> 0, mmu, large, new AddressMap(), code);
      for (int i = 0; i < pages; i++) {
        large.writeInt(BASE + 4096L * i, 0x00150513); // addi a0, a0, 1
        large.writeInt(BASE + 4096L * i + 4, i < pages - 1 ? 0x7fd0006f : 0x0000006f); // j .+4092
      }
      for (int round = 1; round <= 3; round++) {
        runner.setPc(BASE);
        runner.run(2L * pages);
        assertThat(runner.x[10]).isEqualTo((long) round * pages);
      }
    }
  }

  @Test
  void writesToX0AreLost() {
    program(BASE, 0x00500013, 0x00000513); // addi x0, x0, 5; mv a0, x0
    hart.run(2);
    assertThat(hart.x[0]).isZero();
    assertThat(hart.x[10]).isZero();
  }

  @Test
  void runsAnInstructionThatLiesInTwoPages() {
    long at = BASE + 4094;
    memory.writeShort(at, (short) 0x0513);
    memory.writeShort(at + 2, (short) 0x02a0); // li a0, 42
    memory.writeInt(at + 4, 0x00150513); // addi a0, a0, 1
    hart.setPc(at);
    hart.run(2);
    assertThat(hart.x[10]).isEqualTo(43);
    assertThat(hart.pc()).isEqualTo(at + 8);
  }

  @Test
  void aStoreToCodeReplacesTheDecodedInstructionAtOnce() {
    // 1: li a0, 1; sw a2, 0(a1); bnez a3, 1b
    program(BASE, 0x00100513, 0x00c5a023, 0xfe069ce3);
    hart.x[11] = BASE;
    hart.x[12] = 0x00200513; // li a0, 2
    hart.x[13] = 1;
    hart.run(4);
    assertThat(hart.x[10]).isEqualTo(2);
  }

  @Test
  void aWriteByDmaReplacesTheDecodedInstruction() {
    program(BASE, 0x00150513, 0xffdff06f); // 1: addi a0, a0, 1; j 1b
    hart.run(10);
    assertThat(hart.x[10]).isEqualTo(5);
    memory.writeInt(BASE, 0x00a50513); // addi a0, a0, 10
    hart.run(2);
    assertThat(hart.x[10]).isEqualTo(15);
  }

  @Test
  void anIllegalInstructionTrapsWithItsBits() {
    program(BASE, 0xffffffff);
    hart.handleTrapsAt(Traps.M);
    assertThat(hart.run(5)).isEqualTo(Hart.Exit.TRAP);
    assertThat(hart.csrs().peek(CsrNumber.MCAUSE)).isEqualTo(Cause.ILLEGAL_INSTRUCTION);
    assertThat(hart.csrs().peek(CsrNumber.MTVAL)).isEqualTo(0xffffffffL);
    assertThat(hart.csrs().peek(CsrNumber.MEPC)).isEqualTo(BASE);
    assertThat(hart.completed()).isZero();
  }

  @Test
  void aVirtualInstructionTrapsWithItsBits() {
    program(BASE, 0x60002573); // csrr a0, hstatus
    hart.handleTrapsAt(Traps.M);
    hart.csrs().poke(CsrNumber.PMPADDR0, -1);
    hart.csrs().poke(CsrNumber.PMPCFG0, 0x1f);
    hart.csrs().poke(CsrNumber.MSTATUS, 1L << 39 | 1 << 11); // MPV, MPP = S
    hart.csrs().poke(CsrNumber.MEPC, BASE);
    hart.mret();
    assertThat(hart.virtual()).isTrue();
    assertThat(hart.run(5)).isEqualTo(Hart.Exit.TRAP);
    assertThat(hart.csrs().peek(CsrNumber.MCAUSE)).isEqualTo(Cause.VIRTUAL_INSTRUCTION);
    assertThat(hart.csrs().peek(CsrNumber.MTVAL)).isEqualTo(0x60002573L);
    assertThat(hart.csrs().peek(CsrNumber.MEPC)).isEqualTo(BASE);
  }

  @Test
  void wfiIsIdleUntilAnEnabledInterruptIsPending() {
    program(BASE, 0x10500073, 0x00100513); // wfi; li a0, 1
    assertThat(hart.run(5)).isEqualTo(Hart.Exit.IDLE);
    assertThat(hart.completed()).isEqualTo(1);
    hart.csrs().poke(CsrNumber.MIE, 1 << Interrupts.MSI);
    hart.interrupts().setPin(Interrupts.MSI, true);
    assertThat(hart.run(1)).isEqualTo(Hart.Exit.BUDGET);
    assertThat(hart.x[10]).isEqualTo(1);
  }

  @Test
  void aFailedStoreConditionalWritesNothing() {
    // lr.d a0, (a1); sd a2, 0(a1); sc.d a3, a2, (a1)
    program(BASE, 0x1005b52f, 0x00c5b023, 0x18c5b6af);
    hart.x[11] = BASE + 0x1000;
    hart.x[12] = 7;
    hart.run(3);
    assertThat(hart.x[13]).isEqualTo(1);
    assertThat(memory.readLong(BASE + 0x1000)).isEqualTo(7);
  }

  @Test
  void aFetchFaultReportsTheAddressOfTheInstruction() {
    program(BASE, 0x00050067); // jr a0
    hart.x[10] = 0x1234;
    hart.handleTrapsAt(Traps.M);
    assertThat(hart.run(5)).isEqualTo(Hart.Exit.TRAP);
    assertThat(hart.csrs().peek(CsrNumber.MCAUSE)).isEqualTo(Cause.FETCH_ACCESS);
    assertThat(hart.csrs().peek(CsrNumber.MTVAL)).isEqualTo(0x1234);
    assertThat(hart.csrs().peek(CsrNumber.MEPC)).isEqualTo(0x1234);
  }

  @Test
  void aGuestThatOnlyTrapsUsesUpItsBudget() {
    hart.setPc(0); // nothing there, nor at mtvec
    assertThat(hart.run(5)).isEqualTo(Hart.Exit.BUDGET);
    assertThat(hart.completed()).isZero();
  }

  /** A locked region of 4 bytes that cannot be executed, in a page that otherwise can. */
  @Test
  void pmpForbidsExecutionWithinAPage() {
    program(BASE, 0x00150513, 0x00150513, 0x00150513, 0x00150513); // addi a0, a0, 1
    hart.run(4); // decodes all
    hart.csrs().poke(CsrNumber.PMPADDR0, (BASE + 12) >>> 2);
    hart.csrs().poke(CsrNumber.PMPCFG0, 0x93); // L, NA4, RW
    hart.handleTrapsAt(Traps.M);
    hart.x[10] = 0;
    hart.setPc(BASE);
    assertThat(hart.run(4)).isEqualTo(Hart.Exit.TRAP);
    assertThat(hart.csrs().peek(CsrNumber.MCAUSE)).isEqualTo(Cause.FETCH_ACCESS);
    assertThat(hart.csrs().peek(CsrNumber.MEPC)).isEqualTo(BASE + 12);
    assertThat(hart.x[10]).isEqualTo(3);
  }
}
