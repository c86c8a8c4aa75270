package dev.quire.monitor.manager;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Policy;

/**
 * What a VM is entitled to.
 *
 * @param min bytes of machine memory that it always may hold, whole pages
 * @param max bytes that it never may hold more of, whole pages
 * @param shares its weight, at least 1
 */
public record Limits(long min, long max, int shares) {
  private static final int MOST_SHARES = 1_000_000;

  /** Checks what a user may have got wrong; {@code configured} is the VM's memory in bytes. */
  public Limits check(String vm, long configured) {
    if (min < 0 || min > max || max > configured) {
      throw UserError.of(
          "Limits of %s: a min of %d MiB and a max of %d MiB are not possible: min <= max <= its"
              + " memory of %d MiB.",
          vm, min >> 20, max >> 20, configured >> 20);
    }
    if (min % Policy.PAGE != 0 || max % Policy.PAGE != 0) {
      throw UserError.of("Limits of %s: min and max are multiples of 4 KiB.", vm);
    }
    if (shares < 1 || shares > MOST_SHARES) {
      throw UserError.of(
          "Limits of %s: %d shares are not possible: 1 to %,d are.", vm, shares, MOST_SHARES);
    }
    return this;
  }
}
