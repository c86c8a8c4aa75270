package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.arch.Privilege;
import dev.quire.machine.mmu.TranslationState;

/**
 * Trap entry and return: what MRET, SRET, exceptions and interrupts do to the CSRs, the mode and
 * the pc ("Trap Entry", "Trap Return" of the hypervisor chapter, and the machine chapter's
 * "Privilege and Global Interrupt-Enable Stack").
 */
public final class Traps {
  /** The mode that a trap is taken to. */
  public static final int M = 3;

  public static final int HS = 1;
  public static final int VS = 5;

  private static final long INTERRUPT = 1L << 63;

  private final HartState state;
  private final Csrs csrs;
  private final Status status;
  private final TranslationState now;

  public Traps(HartState state, Csrs csrs) {
    this.state = state;
    this.csrs = csrs;
    this.status = csrs.status;
    this.now = state.translation;
  }

  /**
   * Takes an exception of the instruction at pc; afterwards mode and pc are the handler's.
   *
   * @return {@link #M}, {@link #HS} or {@link #VS}
   */
  public int take(GuestTrap trap) {
    int cause = trap.cause;
    boolean isGva = trap.guestVirtual || (now.virtual && writesAddress(cause));
    int target = exceptionTarget(cause);
    switch (target) {
      case VS -> enterGuest(cause, trap.value);
      case HS -> enterSupervisor(cause, trap.value, isGva, trap.guestAddress, trap.instruction);
      default -> enterMachine(cause, trap.value, isGva, trap.guestAddress, trap.instruction);
    }
    return target;
  }

  private int exceptionTarget(int cause) {
    if (now.privilege == Privilege.M || (csrs.medeleg.value >>> cause & 1) == 0) {
      return M;
    }
    return now.virtual && (csrs.hedeleg.value >>> cause & 1) != 0 ? VS : HS;
  }

  /** Exceptions whose trap value is a virtual address of the interrupted mode. */
  private static boolean writesAddress(int cause) {
    return switch (cause) {
      case Cause.FETCH_MISALIGNED,
          Cause.FETCH_ACCESS,
          Cause.BREAKPOINT,
          Cause.LOAD_MISALIGNED,
          Cause.LOAD_ACCESS,
          Cause.STORE_MISALIGNED,
          Cause.STORE_ACCESS,
          Cause.FETCH_PAGE,
          Cause.LOAD_PAGE,
          Cause.STORE_PAGE,
          Cause.FETCH_GUEST_PAGE,
          Cause.LOAD_GUEST_PAGE,
          Cause.STORE_GUEST_PAGE ->
          true;
      default -> false;
    };
  }

  /**
   * Takes the interrupt that {@link Interrupts#next} returned, before the instruction at pc.
   *
   * @return {@link #M}, {@link #HS} or {@link #VS}
   */
  public int takeInterrupt(int cause) {
    int bit = 1 << cause;
    if ((csrs.interrupts.mideleg.value & bit) == 0) {
      enterMachine(INTERRUPT | cause, 0, false, 0, 0);
      return M;
    }
    if ((csrs.interrupts.hideleg.value & bit) == 0) {
      enterSupervisor(INTERRUPT | cause, 0, false, 0, 0);
      return HS;
    }
    enterGuest(INTERRUPT | (cause - 1), 0);
    return VS;
  }

  private void enterMachine(long cause, long value, boolean gva, long guestAddress, long inst) {
    long old = status.mstatus.value;
    long next = old & ~(Status.MIE | Status.MPIE | Status.MPP | Status.MPV | Status.GVA);
    next |= (old & Status.MIE) != 0 ? Status.MPIE : 0;
    next |= (long) now.privilege << Status.MPP_SHIFT;
    next |= now.virtual ? Status.MPV : 0;
    next |= gva ? Status.GVA : 0;
    status.mstatus.value = next;
    csrs.mtval2.value = guestAddress;
    csrs.mtinst.value = inst;
    state.pc = csrs.machineTrap.record(state.pc, cause, value);
    status.enter(Privilege.M, false);
  }

  private void enterSupervisor(long cause, long value, boolean gva, long guestAddress, long inst) {
    status.mstatus.value = pushInterruptEnable(status.mstatus.value);
    long hstatus = status.hstatus.value & ~(Status.H_SPV | Status.H_GVA);
    if (now.virtual) {
      hstatus = (hstatus & ~Status.H_SPVP) | Status.H_SPV;
      hstatus |= now.privilege == Privilege.S ? Status.H_SPVP : 0;
    }
    hstatus |= gva ? Status.H_GVA : 0;
    status.hstatus.value = hstatus;
    csrs.htval.value = guestAddress;
    csrs.htinst.value = inst;
    state.pc = csrs.supervisorTrap.record(state.pc, cause, value);
    status.enter(Privilege.S, false);
  }

  private void enterGuest(long cause, long value) {
    status.vsstatus.value = pushInterruptEnable(status.vsstatus.value);
    state.pc = csrs.guestTrap.record(state.pc, cause, value);
    status.enter(Privilege.S, true);
  }

  /** SPIE = SIE, SIE = 0, SPP = the current privilege; for mstatus and vsstatus. */
  private long pushInterruptEnable(long old) {
    long next = old & ~(Status.SIE | Status.SPIE | Status.SPP);
    next |= (old & Status.SIE) != 0 ? Status.SPIE : 0;
    return next | (now.privilege == Privilege.S ? Status.SPP : 0);
  }

  /** Executes MRET; pc becomes the target. Raises an illegal instruction outside M-mode. */
  public void mret() {
    if (now.privilege != Privilege.M) {
      throw state.illegalInstruction();
    }
    long old = status.mstatus.value;
    int privilege = status.mpp();
    boolean virtual = privilege != Privilege.M && (old & Status.MPV) != 0;
    long next = old & ~(Status.MIE | Status.MPP | Status.MPV);
    next |= (old & Status.MPIE) != 0 ? Status.MIE : 0;
    next |= Status.MPIE;
    next |= (long) status.leastPrivilege() << Status.MPP_SHIFT;
    if (privilege != Privilege.M) {
      next &= ~Status.MPRV;
    }
    status.mstatus.value = next;
    state.pc = csrs.machineTrap.pc.value;
    status.enter(privilege, virtual);
  }

  /**
   * Executes SRET; pc becomes the target. Raises an illegal or virtual instruction where the mode,
   * TSR or VTSR forbids it.
   */
  public void sret() {
    if (!state.isa.has(Extension.S)) {
      throw state.illegalInstruction();
    }
    if (now.virtual) {
      if (now.privilege == Privilege.U || status.hstatusHas(Status.H_VTSR)) {
        throw state.virtualInstruction();
      }
      int privilege = (status.vsstatus.value & Status.SPP) != 0 ? Privilege.S : Privilege.U;
      status.vsstatus.value = popInterruptEnable(status.vsstatus.value);
      state.pc = csrs.guestTrap.pc.value;
      status.enter(privilege, true);
      return;
    }
    boolean trapped = now.privilege == Privilege.S && status.mstatusHas(Status.TSR);
    if (now.privilege == Privilege.U || trapped) {
      throw state.illegalInstruction();
    }
    int privilege = status.mstatusHas(Status.SPP) ? Privilege.S : Privilege.U;
    boolean virtual = status.hstatusHas(Status.H_SPV);
    status.mstatus.value = popInterruptEnable(status.mstatus.value) & ~Status.MPRV;
    status.hstatus.value &= ~Status.H_SPV;
    state.pc = csrs.supervisorTrap.pc.value;
    status.enter(privilege, virtual);
  }

  /** SIE = SPIE, SPIE = 1, SPP = U; for mstatus and vsstatus. */
  private static long popInterruptEnable(long old) {
    long next = old & ~(Status.SIE | Status.SPP);
    next |= (old & Status.SPIE) != 0 ? Status.SIE : 0;
    return next | Status.SPIE;
  }
}
