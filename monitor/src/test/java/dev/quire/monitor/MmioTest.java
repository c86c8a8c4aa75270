package dev.quire.monitor;

import static dev.quire.monitor.Program.A0;
import static dev.quire.monitor.Program.S0;
import static dev.quire.monitor.Program.S1;
import static dev.quire.monitor.Program.T1;
import static dev.quire.monitor.Program.T2;
import static dev.quire.monitor.Program.ZERO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.vcpu.Exits.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

class MmioTest {
  private static final long SCRATCH = GuestLayout.UART + 7;
  private static final long PRIORITY = GuestLayout.PLIC + 4;
  private static final long NOWHERE = 0x2000_0000;

  private static Guest run(Program program) {
    Guest guest = new Guest(program.powerOff());
    guest.run();
    return guest;
  }

  /** Runs one instruction at t1 = {@code gpa} and checks how it faults. */
  private static void assertFault(long cause, long gpa, int instruction) {
    Program program = new Program().skipFaults().li(S0, -1).li(T1, gpa).raw(instruction);
    try (Guest guest = run(program.keep(S0, 0).keep(S1, 1))) {
      assertThat(guest.result(0)).as("scause").isEqualTo(cause);
      assertThat(guest.result(1)).as("stval").isEqualTo(gpa);
      assertThat(guest.vm().exits().get(Reason.REFLECTED)).isEqualTo(1);
    }
  }

  @Test
  void loadsExtendAsTheySay() {
    Program program = new Program().li(T1, SCRATCH).li(A0, 0x1f5).store(0, A0, T1, 0);
    program.load(0, A0, T1, 0).keep(A0, 0).load(4, A0, T1, 0).keep(A0, 1);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(-11);
      assertThat(guest.result(1)).isEqualTo(0xf5);
      assertThat(guest.vm().exits().get(Reason.MMIO)).isEqualTo(3);
    }
  }

  @Test
  void x0StaysZero() {
    Program program = new Program().li(T1, SCRATCH).li(A0, 7).store(0, A0, T1, 0);
    program.load(0, ZERO, T1, 0).keep(ZERO, 0).store(0, ZERO, T1, 0);
    program.load(0, A0, T1, 0).keep(A0, 1);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isZero();
      assertThat(guest.result(1)).isZero();
    }
  }

  @Test
  void compressedInstructionsWork() {
    // s0 is the base: c.sw s1, 0(s0); c.lw a0, 0(s0)
    Program program = new Program().li(S0, PRIORITY).li(S1, 5);
    program.compressed(0xc004).compressed(0x4008).keep(A0, 0);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(5);
      assertThat(guest.vm().exits().get(Reason.MMIO)).isEqualTo(2);
    }
  }

  @Test
  void floatingPointLoadsAreBoxed() {
    // sstatus.FS = Initial; flw f1, 0(t1); fsd f1, 0(t2)
    Program program = new Program().li(A0, 1 << 13).csrs(0x100, A0).li(T1, PRIORITY).li(A0, 6);
    program.store(2, A0, T1, 0).raw(T1 << 15 | 2 << 12 | 1 << 7 | 0x07);
    program.li(T2, Program.RESULTS).raw(1 << 20 | T2 << 15 | 3 << 12 | 0x27);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(0xffff_ffff_0000_0006L);
    }
  }

  @Test
  void nothingThereIsAnAccessFault() {
    assertFault(5, NOWHERE, T1 << 15 | 3 << 12 | A0 << 7 | 0x03);
    assertFault(7, NOWHERE, T1 << 15 | 3 << 12 | 0x23);
    assertFault(5, 0, T1 << 15 | 3 << 12 | A0 << 7 | 0x03);
    assertFault(5, GuestLayout.RAM + (16 << 20), T1 << 15 | 3 << 12 | A0 << 7 | 0x03);
  }

  @Test
  void sizesThatADeviceDoesNotTakeAreAccessFaults() {
    assertFault(5, GuestLayout.UART, T1 << 15 | 2 << 12 | A0 << 7 | 0x03);
    assertFault(7, PRIORITY, T1 << 15 | 0x23);
    assertFault(5, PRIORITY + 1, T1 << 15 | 2 << 12 | A0 << 7 | 0x03);
  }

  @Test
  void atomicsOnDevicesAreAccessFaults() {
    assertFault(7, PRIORITY, T1 << 15 | 2 << 12 | A0 << 7 | 0x2f); // amoadd.w
    assertFault(5, PRIORITY, 2 << 27 | T1 << 15 | 2 << 12 | A0 << 7 | 0x2f); // lr.w
  }

  @Test
  void fetchingWhereNoRamIsFaults() {
    // The handler returns behind the faulting pc: give it one that leads back, in ra.
    Program program = new Program().li(T1, GuestLayout.UART);
    program.raw(5 << 7 | 0x17).addi(5, 5, 16).csrw(0x105, 5).raw(T1 << 15 | 0x67);
    program.csrr(S0, 0x142).csrr(S1, 0x143).keep(S0, 0).keep(S1, 1);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(1);
      assertThat(guest.result(1)).isEqualTo(GuestLayout.UART);
    }
  }

  /**
   * The hart may know the way to an instruction although a page of the tables that lead there is
   * away: then it fetches what the monitor cannot read.
   */
  @Test
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void anInstructionIsReadAlsoWhileItsTablesAreAway() {
    long root = GuestLayout.RAM + (8 << 20);
    long ofCode = root + 4096;
    // 1 GiB of devices as they are; the 2 MiB of the program by a table of their own.
    Program program = new Program().li(A0, 0xc7).li(T1, root).store(3, A0, T1, 0);
    program.li(A0, ofCode >>> 2 | 1).store(3, A0, T1, 8 * 2);
    program.li(A0, Program.START >>> 2 | 0xcf).li(T1, ofCode).store(3, A0, T1, 8);
    program.li(A0, 8L << 60 | root >>> 12).csrw(0x180, A0).raw(0x12000073); // satp, sfence.vma
    program.sbi(0x4442434e, 2, 'x').li(T1, PRIORITY).load(2, S0, T1, 0).powerOff();
    MmuConfig small = new MmuConfig(512, 0, 0, 0, 0);
    Guest[] self = new Guest[1];
    try (Guest guest =
        new Guest(
            program,
            options -> options.mmu(small),
            () -> self[0].vm().memory().revoke(ofCode >>> 12))) {
      self[0] = guest;
      guest.run();
      assertThat(guest.console()).isEqualTo("x");
      assertThat(guest.vm().exits().get(Reason.MMIO)).as("one could not be read").isEqualTo(2);
    }
  }

  @Test
  void hypervisorInstructionsAreIllegal() {
    // hfence.gvma; csrr a0, hstatus
    int fence = 0x62000073;
    int read = 0x600 << 20 | 2 << 12 | A0 << 7 | 0x73;
    Program program = new Program().skipFaults().raw(fence).keep(S0, 0).keep(S1, 1);
    program.raw(read).keep(S0, 2).keep(S1, 3);
    try (Guest guest = run(program)) {
      assertThat(guest.result(0)).isEqualTo(2);
      assertThat(guest.result(1)).isEqualTo(fence);
      assertThat(guest.result(2)).isEqualTo(2);
      assertThat(guest.result(3)).isEqualTo(read);
      assertThat(guest.vm().exits().get(Reason.ILLEGAL)).isEqualTo(2);
    }
  }
}
