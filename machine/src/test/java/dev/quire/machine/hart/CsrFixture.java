package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Privilege;

/** A hart's CSRs without the hart. */
final class CsrFixture {
  /** What an access does beside succeeding. */
  static final int FINE = -1;

  static final int ILLEGAL = Cause.ILLEGAL_INSTRUCTION;
  static final int VIRTUAL = Cause.VIRTUAL_INSTRUCTION;

  enum Mode {
    M(Privilege.M, false),
    HS(Privilege.S, false),
    U(Privilege.U, false),
    VS(Privilege.S, true),
    VU(Privilege.U, true);

    final int privilege;
    final boolean virtual;

    Mode(int privilege, boolean virtual) {
      this.privilege = privilege;
      this.virtual = virtual;
    }
  }

  long time;
  int contextChanges;
  final HartState state;
  final Csrs csrs;
  final Traps traps;
  final PrivilegeChecks checks;
  final Interrupts interrupts;

  CsrFixture() {
    this(Isa.full());
  }

  CsrFixture(Isa isa) {
    state = new HartState(5, isa, () -> time);
    csrs = new Csrs(state);
    traps = new Traps(state, csrs);
    checks = new PrivilegeChecks(state, csrs);
    interrupts = csrs.interrupts();
    state.context = () -> contextChanges++;
  }

  void enter(Mode mode) {
    csrs.status.enter(mode.privilege, mode.virtual);
  }

  Mode mode() {
    for (Mode mode : Mode.values()) {
      if (mode.privilege == state.translation.privilege
          && mode.virtual == state.translation.virtual) {
        return mode;
      }
    }
    throw new AssertionError("no such mode: " + state.translation.privilege);
  }

  long poke(int csr, long value) {
    csrs.poke(csr, value);
    return csrs.peek(csr);
  }

  void set(int csr, long bits) {
    csrs.poke(csr, csrs.peek(csr) | bits);
  }

  void clear(int csr, long bits) {
    csrs.poke(csr, csrs.peek(csr) & ~bits);
  }

  boolean has(int csr, long bits) {
    return (csrs.peek(csr) & bits) == bits;
  }

  /** The cause that the action raises, or {@link #FINE}. */
  int outcome(Runnable action) {
    try {
      action.run();
      return FINE;
    } catch (GuestTrap trap) {
      return trap.cause;
    }
  }

  int reading(int csr) {
    return outcome(() -> csrs.read(csr));
  }

  int writing(int csr, long value) {
    return outcome(() -> csrs.write(csr, value));
  }
}
