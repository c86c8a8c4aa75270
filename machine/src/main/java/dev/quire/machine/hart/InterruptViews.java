package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa.Extension;

/**
 * The views of pending and enabled interrupts: mip, sip, hip, vsip, hvip, and sie, hie, vsie beside
 * {@link Interrupts#mie}. VS-level views show causes 2, 6, 10 as 1, 5, 9.
 */
final class InterruptViews {
  private static final int SSIP = 1 << Interrupts.SSI;
  private static final int VSSIP = 1 << Interrupts.VSSI;
  private static final int STIP = 1 << Interrupts.STI;
  private static final int SEIP = 1 << Interrupts.SEI;
  private static final int HYPERVISOR = Interrupts.VIRTUAL | Interrupts.GUEST_EXTERNAL;

  private final Interrupts interrupts;
  private final Environment environment;
  private final boolean hasS;
  private final boolean hasH;

  final CsrRegister mip = new MachinePending();
  final CsrRegister sip = new SupervisorPending();
  final CsrRegister hip = new HypervisorPending();
  final CsrRegister hvip = new VirtualPending();
  final CsrRegister vsip = new GuestPending();
  final CsrRegister sie = new Enable(Interrupts.SUPERVISOR);
  final CsrRegister hie = new Enable(HYPERVISOR);
  final CsrRegister vsie = new GuestEnable();

  InterruptViews(HartState state, Interrupts interrupts, Environment environment) {
    this.interrupts = interrupts;
    this.environment = environment;
    this.hasS = state.isa.has(Extension.S);
    this.hasH = state.isa.has(Extension.H);
  }

  /** A view through which some bits written by software can be changed, each atomically. */
  private abstract class Pending extends CsrRegister {
    Pending() {
      super(0);
    }

    /** The bits of {@link Interrupts#softwareBits} that this view may change now. */
    abstract int changeable();

    @Override
    void write(long written) {
      interrupts.setSoftware((int) written & changeable());
      interrupts.clearSoftware(~(int) written & changeable());
    }

    @Override
    void set(long bits) {
      interrupts.setSoftware((int) bits & changeable());
    }

    @Override
    void clear(long bits) {
      interrupts.clearSoftware((int) bits & changeable());
    }
  }

  private final class MachinePending extends Pending {
    @Override
    long read() {
      return interrupts.pending();
    }

    @Override
    int changeable() {
      int supervisor = SSIP | SEIP | (environment.supervisorTimer() ? 0 : STIP);
      return (hasS ? supervisor : 0) | (hasH ? VSSIP : 0);
    }
  }

  private final class SupervisorPending extends Pending {
    @Override
    long read() {
      return interrupts.pending() & interrupts.mideleg.value & Interrupts.SUPERVISOR;
    }

    @Override
    int changeable() {
      return (int) interrupts.mideleg.value & SSIP;
    }
  }

  private final class HypervisorPending extends Pending {
    @Override
    long read() {
      return interrupts.pending() & HYPERVISOR;
    }

    @Override
    int changeable() {
      return VSSIP;
    }
  }

  private final class VirtualPending extends Pending {
    @Override
    long read() {
      return interrupts.softwareBits() & Interrupts.VIRTUAL;
    }

    @Override
    int changeable() {
      return Interrupts.VIRTUAL;
    }
  }

  private final class GuestPending extends Pending {
    @Override
    long read() {
      return (interrupts.pending() & interrupts.hideleg.value) >> 1;
    }

    @Override
    void write(long written) {
      super.write(written << 1);
    }

    @Override
    void set(long bits) {
      super.set(bits << 1);
    }

    @Override
    void clear(long bits) {
      super.clear(bits << 1);
    }

    @Override
    int changeable() {
      return (int) interrupts.hideleg.value & VSSIP;
    }
  }

  /** sie and hie: the delegated bits of mie. */
  private final class Enable extends CsrRegister {
    private final int bits;

    Enable(int bits) {
      super(0);
      this.bits = bits;
    }

    @Override
    long read() {
      return interrupts.mie.value & interrupts.mideleg.value & bits;
    }

    @Override
    void write(long written) {
      long mask = interrupts.mideleg.value & bits;
      CsrRegister mie = interrupts.mie;
      mie.value = (mie.value & ~mask) | (written & mask);
    }
  }

  private final class GuestEnable extends CsrRegister {
    GuestEnable() {
      super(0);
    }

    @Override
    long read() {
      return (interrupts.mie.value & interrupts.hideleg.value) >> 1;
    }

    @Override
    void write(long written) {
      long mask = interrupts.hideleg.value;
      CsrRegister mie = interrupts.mie;
      mie.value = (mie.value & ~mask) | ((written << 1) & mask);
    }
  }
}
