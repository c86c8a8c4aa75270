package dev.quire.host;

import java.util.Locale;

/** Where a guest of a host is in its life. */
public enum VmState {
  /** It starts as soon as its memory fits. */
  QUEUED,
  /** It boots; its agent does not take commands yet. */
  STARTING,
  RUNNING,
  /** It stands still because a user wants it. */
  PAUSED,
  /** It stands still until the machine has memory for it. */
  BLOCKED,
  /** It was asked to power off. */
  STOPPING,
  /** It does not run. */
  STOPPED,
  /** It does not run, and should. */
  FAILED;

  /** Its name in tables and in JSON. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether there is a virtual machine. */
  public boolean exists() {
    return switch (this) {
      case STARTING, RUNNING, PAUSED, BLOCKED, STOPPING -> true;
      case QUEUED, STOPPED, FAILED -> false;
    };
  }
}
