package dev.quire.machine.isa;

/**
 * A hart's floating-point control and status: the two fields of {@code fcsr} (unprivileged manual,
 * "Floating-Point Control and Status Register").
 *
 * <p>Owned by one host thread. Operations only ever set bits of {@link #flags}.
 */
public final class FpState {
  /** Inexact. */
  public static final int NX = 1;

  /** Underflow: tiny after rounding, and inexact. */
  public static final int UF = 2;

  /** Overflow. */
  public static final int OF = 4;

  /** Division of a finite number by zero. */
  public static final int DZ = 8;

  /** Invalid operation. */
  public static final int NV = 16;

  /** Every result above the smallest normal number and finite, sign shifted out. */
  private static final long LEAST64 = 0x0010_0000_0000_0001L << 1;

  private static final long SPAN64 = (0x7ff0_0000_0000_0000L << 1) - LEAST64;
  private static final int LEAST32 = 0x0080_0001 << 1;
  private static final int SPAN32 = (0x7f80_0000 << 1) - LEAST32;

  /** The accrued exceptions, {@code fflags}. */
  public int flags;

  /** The dynamic rounding mode, {@code frm}; 5 to 7 are reserved and may be held here. */
  public int frm;

  /**
   * Whether the host's double result stands as it is. It rounds to nearest even; a finite result
   * above the smallest normal number can only have raised inexact, which is sticky and already set.
   * (A result equal to the smallest normal number may have been tiny before it was rounded.)
   */
  boolean settled(long result, int rm) {
    return (rm | ~flags & NX) == 0 && Long.compareUnsigned((result << 1) - LEAST64, SPAN64) < 0;
  }

  /** The same for a single. */
  boolean settled(int result, int rm) {
    return (rm | ~flags & NX) == 0 && Integer.compareUnsigned((result << 1) - LEAST32, SPAN32) < 0;
  }
}
