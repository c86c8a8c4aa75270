package dev.quire.monitor.memory;

/** Whoever keeps translations that were derived from the P2M: in practice the paging method. */
@FunctionalInterface
public interface P2mListener {
  /**
   * The guest frame is about to lose its machine frame: on return no vCPU may translate to it any
   * more. Called with the VM's paging lock held.
   */
  void invalidate(long gfn);

  /**
   * The content of a guest frame has moved to another machine frame, which no vCPU can translate to
   * yet: LR/SC reservations follow it. With the paging lock held.
   */
  default void moved(long fromHfn, long toHfn) {}
}
