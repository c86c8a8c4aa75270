package dev.quire.machine.arch;

/**
 * A synchronous exception on its way from where it is found to the hart's run loop. Each hart owns
 * one, filled in and thrown again and again: it has no stack trace and costs no allocation.
 */
public final class GuestTrap extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One of {@link Cause}. */
  public int cause;

  /** For mtval/stval/vstval. */
  public long value;

  /** Faulting guest-physical address shifted right by 2, for mtval2/htval; else 0. */
  public long guestAddress;

  /** For mtinst/htinst; 0 unless the manual requires a pseudoinstruction. */
  public long instruction;

  /** Whether {@link #value} is a guest virtual address (mstatus.GVA, hstatus.GVA). */
  public boolean guestVirtual;

  public GuestTrap() {
    super(null, null, false, false);
  }

  /** Fills in a trap that concerns no guest-physical address, for the caller to throw. */
  public GuestTrap of(int cause, long value) {
    return of(cause, value, false);
  }

  /** As {@link #of(int, long)}; {@code guestVirtual} says that {@code value} is a gva. */
  public GuestTrap of(int cause, long value, boolean guestVirtual) {
    this.cause = cause;
    this.value = value;
    this.guestVirtual = guestVirtual;
    this.guestAddress = 0;
    this.instruction = 0;
    return this;
  }
}
