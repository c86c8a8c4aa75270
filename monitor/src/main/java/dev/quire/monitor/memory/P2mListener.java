package dev.quire.monitor.memory;

/**
 * Whoever keeps translations that were derived from the P2M: in practice the paging method. All are
 * called with the VM's paging lock held.
 */
@FunctionalInterface
public interface P2mListener {
  /**
   * The guest frame is about to lose its machine frame: on return no vCPU may translate to it any
   * more.
   */
  void invalidate(long gfn);

  /**
   * The guest frame keeps its frame and its content: on return no vCPU may write there any more, or
   * none can translate to it.
   */
  default void protect(long gfn) {
    invalidate(gfn);
  }

  /**
   * The guest frame, which was to be protected, may be written again: its next store is to find a
   * way, if need be by way of the monitor.
   */
  default void unprotect(long gfn) {
    invalidate(gfn);
  }

  /**
   * As {@link #invalidate(long)} for several guest frames, which keep their frames: each is used
   * anew, or not.
   */
  default void invalidate(long[] gfns) {
    for (long gfn : gfns) {
      invalidate(gfn);
    }
  }

  /**
   * All pages that nobody keeps ({@link GuestMemory#setKept}) are about to change their state: on
   * return no vCPU may translate to any of them any more.
   */
  default void invalidateAll() {}

  /**
   * The content of a guest frame has moved to another machine frame, which no vCPU can translate to
   * yet: LR/SC reservations follow it.
   */
  default void moved(long fromHfn, long toHfn) {}

  /**
   * The same, of a frame that may stand behind other guest frames, too: reservations follow that
   * were made by way of {@code gfn}.
   */
  default void copied(long gfn, long fromHfn, long toHfn) {}

  /**
   * Whether a vCPU has a reservation (LR) in a machine frame that none can translate to any more.
   */
  default boolean isReserved(long hfn) {
    return false;
  }

  /**
   * Whether vCPUs have had a way to the guest frame, and used it, since it was last looked at; what
   * that takes is done when {@link #looked} follows. The guest's own accessed bits stay as they
   * are.
   */
  default boolean isAccessed(long gfn) {
    return false;
  }

  /** Ends a series of {@link #isAccessed}: from now on only later accesses count. */
  default void looked() {}
}
