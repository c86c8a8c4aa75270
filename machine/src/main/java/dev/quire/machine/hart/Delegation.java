package dev.quire.machine.hart;

import dev.quire.machine.arch.Cause;

/** Which exceptions medeleg and hedeleg can delegate (tables of both chapters). */
final class Delegation {
  private static final int SOFTWARE_CHECK = 18;
  private static final int HARDWARE_ERROR = 19;

  /** Writable bits of hedeleg. */
  static final long TO_GUEST =
      bits(
          Cause.FETCH_MISALIGNED,
          Cause.FETCH_ACCESS,
          Cause.ILLEGAL_INSTRUCTION,
          Cause.BREAKPOINT,
          Cause.LOAD_MISALIGNED,
          Cause.LOAD_ACCESS,
          Cause.STORE_MISALIGNED,
          Cause.STORE_ACCESS,
          Cause.ECALL_U,
          Cause.FETCH_PAGE,
          Cause.LOAD_PAGE,
          Cause.STORE_PAGE,
          SOFTWARE_CHECK,
          HARDWARE_ERROR);

  /** Writable bits of medeleg. */
  static final long TO_SUPERVISOR = TO_GUEST | bits(Cause.ECALL_S);

  /** More of them with the hypervisor extension. */
  static final long TO_SUPERVISOR_WITH_H =
      bits(
          Cause.ECALL_VS,
          Cause.FETCH_GUEST_PAGE,
          Cause.LOAD_GUEST_PAGE,
          Cause.VIRTUAL_INSTRUCTION,
          Cause.STORE_GUEST_PAGE);

  private Delegation() {}

  private static long bits(int... causes) {
    long all = 0;
    for (int cause : causes) {
      all |= 1L << cause;
    }
    return all;
  }
}
