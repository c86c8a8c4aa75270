package dev.quire.monitor.memory;

/** What stands behind a guest frame. */
public enum PageState {
  /** Nothing yet: it reads as zero, and gets a frame at the first touch. */
  UNPOPULATED,
  /** A machine frame of its own. */
  PRIVATE
}
