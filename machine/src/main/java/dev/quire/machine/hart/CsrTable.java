package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.hart.CsrRegister.Guard;
import dev.quire.machine.isa.FpState;
import org.jspecify.annotations.Nullable;

/** Enters the registers that the hart's extensions call for under their numbers. */
final class CsrTable {
  private static final long MISA_RV64 = 2L << 62;
  private static final int HPM_COUNTERS = 29;
  private static final long TINFO_NO_TRIGGER = 1;

  private final Csrs csrs;
  private final @Nullable CsrRegister[] table;

  private CsrTable(Csrs csrs, @Nullable CsrRegister[] table) {
    this.csrs = csrs;
    this.table = table;
  }

  static void fill(Csrs csrs, @Nullable CsrRegister[] table) {
    CsrTable entries = new CsrTable(csrs, table);
    Isa isa = csrs.isa();
    InterruptViews views = new InterruptViews(csrs.state(), csrs.interrupts, csrs.environment);
    entries.identity();
    entries.machine(views);
    entries.protectionAndDebug();
    entries.counters();
    if (isa.has(Extension.F)) {
      entries.floatingPoint();
    }
    if (isa.has(Extension.U)) {
      entries.add(CsrNumber.MENVCFG, csrs.environment.menvcfg);
      entries.add(CsrNumber.MCOUNTEREN, csrs.environment.mcounteren);
    }
    if (isa.has(Extension.S)) {
      entries.supervisor(views);
    }
    if (isa.has(Extension.H)) {
      entries.hypervisor();
      entries.hypervisorInterrupts(views);
      entries.guest(views);
    }
  }

  private void add(int number, CsrRegister register) {
    table[number] = register;
  }

  private void identity() {
    add(CsrNumber.MVENDORID, CsrRegister.constant(0));
    add(CsrNumber.MARCHID, CsrRegister.constant(0));
    add(CsrNumber.MIMPID, CsrRegister.constant(0));
    add(CsrNumber.MHARTID, CsrRegister.constant(csrs.state().hartId));
    add(CsrNumber.MCONFIGPTR, CsrRegister.constant(0));
    add(CsrNumber.MISA, CsrRegister.constant(misa(csrs.isa())));
  }

  static long misa(Isa isa) {
    long misa = MISA_RV64 | letter('I');
    for (Extension extension : Extension.values()) {
      if (extension.name().length() == 1 && isa.has(extension)) {
        misa |= letter(extension.name().charAt(0));
      }
    }
    boolean bits = isa.has(Extension.ZBA) && isa.has(Extension.ZBB) && isa.has(Extension.ZBS);
    return bits ? misa | letter('B') : misa;
  }

  private static long letter(char letter) {
    return 1L << (letter - 'A');
  }

  private void machine(InterruptViews views) {
    add(CsrNumber.MSTATUS, csrs.status.mstatus);
    add(CsrNumber.MIE, csrs.interrupts.mie);
    add(CsrNumber.MIP, views.mip);
    add(CsrNumber.MTVEC, csrs.machineTrap.vector);
    add(CsrNumber.MSCRATCH, csrs.machineTrap.scratch);
    add(CsrNumber.MEPC, csrs.machineTrap.pc);
    add(CsrNumber.MCAUSE, csrs.machineTrap.cause);
    add(CsrNumber.MTVAL, csrs.machineTrap.value);
  }

  /** PMP, and a trigger module without triggers. */
  private void protectionAndDebug() {
    Protection protection = new Protection(csrs.state());
    for (int entry = 0; entry < Protection.NUMBERS; entry++) {
      add(CsrNumber.PMPADDR0 + entry, protection.address(entry));
      if (entry % 8 == 0) {
        add(CsrNumber.PMPCFG0 + entry / 4, protection.config(entry));
      }
    }
    add(CsrNumber.TSELECT, CsrRegister.constant(0));
    add(CsrNumber.TDATA1, CsrRegister.constant(0));
    add(CsrNumber.TDATA2, CsrRegister.constant(0));
    add(CsrNumber.TDATA3, CsrRegister.constant(0));
    add(CsrNumber.TINFO, CsrRegister.constant(TINFO_NO_TRIGGER));
  }

  private void counters() {
    Counters counters = new Counters(csrs.state(), csrs.interrupts.htimedelta);
    add(CsrNumber.MCYCLE, counters.mcycle);
    add(CsrNumber.MINSTRET, counters.minstret);
    add(CsrNumber.MCOUNTINHIBIT, counters.mcountinhibit);
    for (int i = 0; i < HPM_COUNTERS; i++) {
      add(CsrNumber.MHPMCOUNTER3 + i, CsrRegister.constant(0));
      add(CsrNumber.MHPMEVENT3 + i, CsrRegister.constant(0));
    }
    if (csrs.isa().has(Extension.ZICNTR)) {
      add(CsrNumber.CYCLE, counters.cycle.guardedBy(Guard.COUNTER));
      add(CsrNumber.TIME, counters.time.guardedBy(Guard.COUNTER));
      add(CsrNumber.INSTRET, counters.instret.guardedBy(Guard.COUNTER));
    }
  }

  private void supervisor(InterruptViews views) {
    add(CsrNumber.MEDELEG, csrs.medeleg);
    add(CsrNumber.MIDELEG, csrs.interrupts.mideleg);
    add(CsrNumber.SSTATUS, csrs.status.sstatus);
    add(CsrNumber.SIE, views.sie);
    add(CsrNumber.SIP, views.sip);
    add(CsrNumber.STVEC, csrs.supervisorTrap.vector);
    add(CsrNumber.SSCRATCH, csrs.supervisorTrap.scratch);
    add(CsrNumber.SEPC, csrs.supervisorTrap.pc);
    add(CsrNumber.SCAUSE, csrs.supervisorTrap.cause);
    add(CsrNumber.STVAL, csrs.supervisorTrap.value);
    add(CsrNumber.SATP, csrs.addressSpaces.satp.guardedBy(Guard.SATP));
    add(CsrNumber.SENVCFG, csrs.environment.senvcfg);
    add(CsrNumber.SCOUNTEREN, csrs.environment.scounteren);
    if (csrs.isa().has(Extension.SSTC)) {
      add(CsrNumber.STIMECMP, csrs.interrupts.stimecmp.guardedBy(Guard.TIMER));
    }
  }

  private void hypervisor() {
    add(CsrNumber.HSTATUS, csrs.status.hstatus);
    add(CsrNumber.HEDELEG, csrs.hedeleg);
    add(CsrNumber.HIDELEG, csrs.interrupts.hideleg);
    add(CsrNumber.HCOUNTEREN, csrs.environment.hcounteren);
    add(CsrNumber.HTIMEDELTA, csrs.interrupts.htimedelta);
    add(CsrNumber.HENVCFG, csrs.environment.henvcfg);
    add(CsrNumber.HTVAL, csrs.htval);
    add(CsrNumber.HTINST, csrs.htinst);
    add(CsrNumber.HGATP, csrs.addressSpaces.hgatp.guardedBy(Guard.HGATP));
    add(CsrNumber.MTVAL2, csrs.mtval2);
    add(CsrNumber.MTINST, csrs.mtinst);
  }

  private void hypervisorInterrupts(InterruptViews views) {
    add(CsrNumber.HIE, views.hie);
    add(CsrNumber.HIP, views.hip);
    add(CsrNumber.HVIP, views.hvip);
    add(CsrNumber.HGEIE, CsrRegister.constant(0));
    add(CsrNumber.HGEIP, CsrRegister.constant(0));
  }

  private void guest(InterruptViews views) {
    add(CsrNumber.VSSTATUS, csrs.status.vsstatus);
    add(CsrNumber.VSIE, views.vsie);
    add(CsrNumber.VSIP, views.vsip);
    add(CsrNumber.VSTVEC, csrs.guestTrap.vector);
    add(CsrNumber.VSSCRATCH, csrs.guestTrap.scratch);
    add(CsrNumber.VSEPC, csrs.guestTrap.pc);
    add(CsrNumber.VSCAUSE, csrs.guestTrap.cause);
    add(CsrNumber.VSTVAL, csrs.guestTrap.value);
    add(CsrNumber.VSATP, csrs.addressSpaces.vsatp);
    if (csrs.isa().has(Extension.SSTC)) {
      add(CsrNumber.VSTIMECMP, csrs.interrupts.vstimecmp.guardedBy(Guard.TIMER));
    }
  }

  private void floatingPoint() {
    add(CsrNumber.FFLAGS, floatField(0, 5));
    add(CsrNumber.FRM, floatField(5, 3));
    add(CsrNumber.FCSR, floatField(0, 8));
  }

  /** {@code width} bits of fcsr from {@code shift}; a write makes FS Dirty. */
  private CsrRegister floatField(int shift, int width) {
    FpState fp = csrs.state().fp;
    int mask = (1 << width) - 1;
    CsrRegister field =
        new CsrRegister(mask) {
          @Override
          long read() {
            return ((fp.flags | fp.frm << 5) >> shift) & mask;
          }

          @Override
          void write(long written) {
            csrs.status.enableFp();
            poke(written);
          }

          @Override
          void poke(long written) {
            int other = (fp.flags | fp.frm << 5) & ~(mask << shift);
            int fcsr = other | ((int) written & mask) << shift;
            fp.flags = fcsr & 0x1f;
            fp.frm = fcsr >> 5;
          }
        };
    return field.guardedBy(Guard.FLOAT);
  }
}
