package dev.quire.monitor.memory;

/**
 * Whoever wants to know what a page held before it changes ({@link GuestMemory#watch}). Called with
 * the VM's paging lock held.
 */
public interface PageWatcher {
  /** Why a page that is watched is about to change. */
  enum Change {
    /** A vCPU stores to it, not in U-mode. */
    STORE,
    /** A program of the guest's stores to it, in U-mode: so it has the page, and keeps it. */
    PROGRAM_STORE,
    /** A device, or the monitor for the guest, writes it. */
    TRANSFER,
    /** The guest says that it is free. */
    REPORT,
    /** The guest's balloon takes it. */
    BALLOON
  }

  /**
   * The page is about to change, or to go; it can be read for the last time, and is not watched any
   * more.
   */
  void changes(long gfn, Change why);

  /** Frames are short: gives about so many back, if it has any; false if it has none. */
  boolean giveFrames(int count);

  /** The guest's balloon has fewer pages now. */
  void deflated();
}
