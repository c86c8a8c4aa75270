package dev.quire.machine.mmu;

/**
 * The tag of cached translations: which tables they come from.
 *
 * <pre>
 *    38    37   34   33        30   29  16  15   0
 *   guest | hgatp.MODE | satp.MODE |  VMID  |  ASID
 * </pre>
 *
 * The modes are part of it so that no translation outlives a change of mode, with or without a
 * fence.
 */
public final class Space {
  private static final long ASID = 0xffff;
  private static final int VMID_SHIFT = 16;
  private static final int VMID = 0x3fff;
  private static final long MODE = 0xf;
  private static final long GUEST = 1L << 38;

  private Space() {}

  static long host(long satp) {
    return satp >>> 60 << 30 | (satp >>> 44 & ASID);
  }

  static long guest(long vsatp, long hgatp) {
    return GUEST
        | (hgatp >>> 60) << 34
        | (vsatp >>> 60) << 30
        | (hgatp >>> 44 & VMID) << VMID_SHIFT
        | (vsatp >>> 44 & ASID);
  }

  /** The tag of G-stage translations alone. */
  static long gStage(long hgatp) {
    return guest(0, hgatp);
  }

  /** A tag with the VMID {@code vmid}, of which modes and ASID are not meant. */
  static long ofVmid(int vmid) {
    return GUEST | (long) (vmid & VMID) << VMID_SHIFT;
  }

  /** The tag of an ASID in whatever machine {@code space} belongs to. */
  static long withAsid(long space, int asid) {
    return space & ~ASID | (asid & ASID);
  }

  static int asid(long space) {
    return (int) (space & ASID);
  }

  /** 0 for the host, else VMID + 1. */
  static int machine(long space) {
    return (space & GUEST) == 0 ? 0 : (int) (space >>> VMID_SHIFT & VMID) + 1;
  }

  static boolean isGuest(long space) {
    return (space & GUEST) != 0;
  }

  /** Whether both are the same, or differ in the ASID only. */
  static boolean sameButAsid(long space, long other) {
    return ((space ^ other) & ~ASID) == 0;
  }

  /** Whether both name the same ASID of the same machine, in whatever mode. */
  static boolean sameAddressSpace(long space, long other) {
    return machine(space) == machine(other) && asid(space) == asid(other);
  }

  /** The number of levels of a MODE field of satp, vsatp or hgatp; 0 for Bare. */
  public static int levels(long atp) {
    int mode = (int) (atp >>> 60 & MODE);
    return mode >= 8 && mode <= 10 ? mode - 5 : 0;
  }

  /** The address of the root table. */
  public static long root(long atp) {
    return (atp & (1L << 44) - 1) << 12;
  }
}
