package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;
import dev.quire.machine.arch.GuestTrap;
import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import dev.quire.machine.isa.FpState;
import dev.quire.machine.mmu.TranslationState;

/**
 * What the parts of one hart share beside the registers: program counter, current mode (in {@link
 * #translation}), counters, and the trap in flight. Touched by the hart's own thread only.
 */
public final class HartState {
  final int hartId;
  final Isa isa;
  final Timebase timebase;

  /** The mode now, and the CSR fields that the MMU reads. */
  final TranslationState translation = new TranslationState();

  final FpState fp = new FpState();
  final GuestTrap trap = new GuestTrap();
  ContextListener context = () -> {};

  long pc;

  /** Instructions completed before the current one; minstret and mcycle are offsets from it. */
  long completed;

  /**
   * Whether floating-point instructions may run without further ado: FS is Dirty at every level in
   * effect. Otherwise {@link Status#enableFp} decides.
   */
  boolean fpReady;

  public HartState(int hartId, Isa isa, Timebase timebase) {
    this.hartId = hartId;
    this.isa = isa;
    this.timebase = timebase;
    translation.svnapot = isa.has(Extension.SVNAPOT);
  }

  /** For the caller to throw; the hart puts the instruction's bits into it. */
  GuestTrap illegalInstruction() {
    return trap.of(Cause.ILLEGAL_INSTRUCTION, 0);
  }

  /** For the caller to throw; the hart puts the instruction's bits into it. */
  GuestTrap virtualInstruction() {
    return trap.of(Cause.VIRTUAL_INSTRUCTION, 0);
  }
}
