package dev.quire.machine.hart;

import dev.quire.machine.arch.Isa.Extension;

/** What a trap into one level (M, HS or VS) reads and writes, and that level's scratch register. */
final class TrapRegisters {
  final CsrRegister vector = new CsrRegister(~2L);
  final CsrRegister scratch = new CsrRegister(-1L);
  final CsrRegister pc;
  final CsrRegister cause = new CsrRegister(-1L);
  final CsrRegister value = new CsrRegister(-1L);

  TrapRegisters(HartState state) {
    pc = new CsrRegister(state.isa.has(Extension.C) ? ~1L : ~3L);
  }

  /** Registers a trap of {@code trapCause} (mcause form) and returns where its handler starts. */
  long record(long trapPc, long trapCause, long trapValue) {
    pc.value = trapPc & pc.writable;
    cause.value = trapCause;
    value.value = trapValue;
    long base = vector.value & ~3L;
    boolean vectored = (vector.value & 1) != 0 && trapCause < 0;
    return vectored ? base + 4 * (trapCause & Long.MAX_VALUE) : base;
  }
}
