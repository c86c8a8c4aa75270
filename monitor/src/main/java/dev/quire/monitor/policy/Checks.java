package dev.quire.monitor.policy;

/** What a number in a snapshot must be. */
final class Checks {
  private Checks() {}

  /** Raises IllegalArgumentException, with the offending value, unless {@code holds}. */
  static void require(boolean holds, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(what + " cannot be " + value);
    }
  }

  static void bytes(String what, long value) {
    require(value >= 0, what, value);
  }

  /** Whole pages, in bytes. */
  static void pages(String what, long value) {
    require(value >= 0 && value % Policy.PAGE == 0, what, value);
  }

  /** Bytes, or -1 for not known. */
  static void bytesOrUnknown(String what, long value) {
    require(value >= -1, what, value);
  }
}
