package dev.quire.monitor.paging;

/** A guest's address space, named by the satp that the guest writes, and its machine ASID. */
final class AddressSpace {
  private static final int ASID_SHIFT = 44;
  static final long PPN = (1L << ASID_SHIFT) - 1;

  /** What the guest wrote; {@link #BARE} or {@link #BARE_USER} if that does not translate. */
  final long satp;

  /** The ASID in the TLBs of the machine. */
  final int machineAsid;

  /** In VS-mode without translation. */
  static final long BARE = 0;

  /** In VU-mode without translation: the MMU wants other entries for it. */
  static final long BARE_USER = 1;

  AddressSpace(long satp, int machineAsid) {
    this.satp = satp;
    this.machineAsid = machineAsid;
  }

  /** The ASID that the guest gave it. */
  int guestAsid() {
    return (int) (satp >>> ASID_SHIFT) & 0xffff;
  }

  /** gfn of the guest's root table. */
  long rootGfn() {
    return satp & PPN;
  }

  /** vsatp for tables of the satp's own format, with their root in frame {@code root}. */
  long vsatp(long mode, long root) {
    return mode << 60 | (long) machineAsid << ASID_SHIFT | root;
  }

  boolean isBare() {
    return satp == BARE || satp == BARE_USER;
  }
}
