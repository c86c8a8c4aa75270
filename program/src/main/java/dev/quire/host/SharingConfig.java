package dev.quire.host;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.sharing.Sharing;
import dev.quire.monitor.sharing.Sharing.Mode;
import dev.quire.monitor.sharing.Sharing.Order;
import dev.quire.monitor.sharing.Sharing.Pace;
import java.security.SecureRandom;
import java.util.List;

/** {@code sharing} and {@code scan_...} of {@code [manager]}. */
final class SharingConfig {
  private static final int MOST_RATE = 2_000_000;
  private static final int DEFAULT_RATE = 20_000;

  private SharingConfig() {}

  static Sharing from(Section section) {
    Mode mode =
        switch (section.oneOf("sharing", List.of("off", "zero-only", "group"))) {
          case "zero-only" -> Mode.ZERO_ONLY;
          case "group" -> Mode.GROUP;
          default -> Mode.OFF;
        };
    boolean isRandom =
        section.oneOf("scan_order", List.of("random", "sequential")).equals("random");
    Order order = isRandom ? Order.RANDOM : Order.SEQUENTIAL;
    return new Sharing(mode, order, pace(section), 0);
  }

  private static Pace pace(Section section) {
    int rate = section.whole("scan_rate", 1, MOST_RATE, DEFAULT_RATE);
    double part = section.number("scan_cpu", 1, "a number above 0 and at most 1");
    if (!(part > 0 && part <= 1)) {
      throw section.mistake("scan_cpu", "scan_cpu = %s is not possible: above 0, at most 1.", part);
    }
    return section.has("scan_cpu") ? new Pace.Share(part) : new Pace.Rate(rate);
  }

  /**
   * What a host begins with: where instructions are counted runs repeat, else nobody can know the
   * seed. A {@link UserError} for a pace that the clock cannot keep.
   */
  static Sharing seeded(HostConfig config) {
    Sharing wanted = config.manager().sharing();
    boolean counts = config.machine().countsInstructions();
    if (wanted.isOn() && counts && wanted.pace() instanceof Pace.Share) {
      throw UserError.of(
          "scan_cpu is a part of the host's time, which there is not with clock ="
              + " \"instructions\": say scan_rate, in pages a second.");
    }
    long seed = counts ? 0 : new SecureRandom().nextLong();
    return new Sharing(wanted.mode(), wanted.order(), wanted.pace(), seed);
  }
}
