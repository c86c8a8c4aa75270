package dev.quire.machine.hart;

/**
 * One control and status register: 64 bits of storage of which the bits in {@code writable} can
 * change. Registers that behave otherwise override {@link #read} or {@link #write}.
 */
class CsrRegister {
  /** Checks beyond the privilege level in the CSR's number, made by {@link Csrs}. */
  enum Guard {
    NONE,
    FLOAT,
    COUNTER,
    TIMER,
    SATP,
    HGATP
  }

  final long writable;
  Guard guard = Guard.NONE;
  long value;

  CsrRegister(long writable, long reset) {
    this.writable = writable;
    this.value = reset;
  }

  CsrRegister(long writable) {
    this(writable, 0);
  }

  /** A register whose writes are ignored. */
  static CsrRegister constant(long value) {
    return new CsrRegister(0, value);
  }

  CsrRegister guardedBy(Guard guard) {
    this.guard = guard;
    return this;
  }

  long read() {
    return value;
  }

  void write(long written) {
    value = (value & ~writable) | (written & writable);
  }

  /** CSRRS: the registers that other threads change as well override this and {@link #clear}. */
  void set(long bits) {
    write(read() | bits);
  }

  /** CSRRC. */
  void clear(long bits) {
    write(read() & ~bits);
  }

  /** A write by a monitor or a debugger, between instructions. */
  void poke(long written) {
    write(written);
  }
}
