package dev.quire.machine.mmu;

import dev.quire.machine.arch.Cause;

/**
 * What an access is for, as a small int: the permission that it needs and the cause that is raised
 * when it is refused. Three columns of one table, indexed by access type.
 */
public final class AccessType {
  /** A load, or a load-reserved. */
  public static final int LOAD = 0;

  /** A store, store-conditional, AMO, or cbo.zero. */
  public static final int STORE = 1;

  public static final int FETCH = 2;

  /** cbo.inval, cbo.clean, cbo.flush: allowed like a load, refused like a store. */
  public static final int CACHE_BLOCK = 3;

  /** HLVX: a load that needs execute permission instead of read permission. */
  static final int LOAD_EXECUTABLE = 4;

  private static final int[] PTE_NEED = {
    PteBits.READ, PteBits.WRITE, PteBits.EXECUTE, PteBits.READ, PteBits.EXECUTE
  };

  private static final int[] PMP_NEED = {
    Pmp.READ, Pmp.WRITE, Pmp.EXECUTE, Pmp.READ, Pmp.READ | Pmp.EXECUTE
  };

  private static final int[] ACCESS_FAULT = {
    Cause.LOAD_ACCESS, Cause.STORE_ACCESS, Cause.FETCH_ACCESS, Cause.STORE_ACCESS, Cause.LOAD_ACCESS
  };

  private static final int[] PAGE_FAULT = {
    Cause.LOAD_PAGE, Cause.STORE_PAGE, Cause.FETCH_PAGE, Cause.STORE_PAGE, Cause.LOAD_PAGE
  };

  private static final int[] GUEST_PAGE_FAULT = {
    Cause.LOAD_GUEST_PAGE,
    Cause.STORE_GUEST_PAGE,
    Cause.FETCH_GUEST_PAGE,
    Cause.STORE_GUEST_PAGE,
    Cause.LOAD_GUEST_PAGE
  };

  private AccessType() {}

  /** The permission bits, as in a PTE, of which a leaf must have one. */
  static int pteNeed(int access, boolean executableReadable) {
    int need = PTE_NEED[access];
    return need == PteBits.READ && executableReadable ? PteBits.READ | PteBits.EXECUTE : need;
  }

  /** The permission bits, as in pmpcfg, of which a region must have all. */
  static int pmpNeed(int access) {
    return PMP_NEED[access];
  }

  /** The exception code for an access that the first stage refuses. */
  public static int pageFault(int access) {
    return PAGE_FAULT[access];
  }

  /** The exception code for an access to an address where there is nothing for it. */
  public static int accessFault(int access) {
    return ACCESS_FAULT[access];
  }

  /** The exception code for {@code outcome}, one of {@link Walker}'s faults. */
  static int cause(int access, int outcome) {
    return switch (outcome) {
      case Walker.PAGE_FAULT -> PAGE_FAULT[access];
      case Walker.GUEST_PAGE_FAULT -> GUEST_PAGE_FAULT[access];
      default -> ACCESS_FAULT[access];
    };
  }
}
