package dev.quire.monitor.memory;

/** What stands behind a guest frame. */
public enum PageState {
  /** Nothing: it reads as zero, and gets a frame at the first touch. */
  UNPOPULATED,
  /** A machine frame of its own. */
  PRIVATE,
  /** A machine frame that may stand behind other guest frames, too; a write gets it one. */
  SHARED,
  /** Nothing, for the guest's balloon has it; a touch brings it back as if it were the first. */
  BALLOONED,
  /** A slot of the swap file; a touch brings it back. */
  SWAPPED
}
