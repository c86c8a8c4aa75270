package dev.quire.host.trial;

import dev.quire.host.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Outcomes side by side, for people. */
public final class TrialText {
  private static final double NANOS = 1e9;
  private static final double MIB = 1 << 20;

  private static final List<String> HEADING =
      List.of(
          "POLICY",
          "GUEST",
          "WORK",
          "READS",
          "HITS",
          "DISK",
          "DISK/WORK",
          "SWPIN",
          "SWPOUT",
          "MOVED",
          "COMMANDS");

  private TrialText() {}

  /** {@code nanos} for which each ran. */
  public static String of(List<Outcome> outcomes, long nanos) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            """
            %.1f s of the machine's time under each policy, from when all guests were up.
            WORK: what commands say (work N). READS: pages of 4 KiB that guests read from their \
            disks, HITS of these in the cache, DISK the rest, which is missed.
            SWPIN, SWPOUT: MiB from and to the swap file; MOVED: MiB that were taken from guests, \
            their caches included.

            """,
            nanos / NANOS));
    TextTable table = new TextTable(HEADING);
    for (Outcome outcome : outcomes) {
      List<Outcome.Guest> rows = new ArrayList<>(outcome.guests());
      rows.add(outcome.all());
      rows.forEach(guest -> row(table, outcome.policy(), guest));
    }
    return text.append(table.text()).append(best(outcomes)).toString();
  }

  private static void row(TextTable table, String policy, Outcome.Guest guest) {
    TrialCommand commands = guest.commands();
    table.row(
        policy,
        guest.name(),
        number(commands.work()),
        number(guest.reads()),
        number(guest.hits()),
        number(guest.diskReads()),
        commands.work() == 0
            ? "-"
            : String.format(Locale.ROOT, "%.3f", (double) guest.diskReads() / commands.work()),
        mib(guest.swappedIn()),
        mib(guest.swappedOut()),
        mib(guest.moved()),
        commands(commands));
  }

  private static String commands(TrialCommand commands) {
    String running = commands.begun() - commands.ended() + " run";
    String ended = commands.ended() == 0 ? "" : ", " + commands.ended() + " ended";
    return running + ended + (commands.failed() == 0 ? "" : ", " + commands.failed() + " failed");
  }

  private static String best(List<Outcome> outcomes) {
    return "\n"
        + best("Most work", outcomes, guest -> -guest.commands().work())
        + best("Fewest reads from disks", outcomes, Outcome.Guest::diskReads);
  }

  /** Whose number is least, the sign aside, and those of all in that order. */
  private static String best(
      String what, List<Outcome> outcomes, ToLongFunction<Outcome.Guest> number) {
    List<Outcome> order = new ArrayList<>(outcomes);
    order.sort(Comparator.comparingLong(outcome -> number.applyAsLong(outcome.all())));
    if (order.stream().allMatch(outcome -> number.applyAsLong(outcome.all()) == 0)) {
      return "";
    }
    List<String> all =
        order.stream()
            .map(
                outcome ->
                    outcome.policy() + " " + number(Math.abs(number.applyAsLong(outcome.all()))))
            .toList();
    return what + ": " + String.join(", ", all) + ".\n";
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%,.0f", bytes / MIB);
  }
}
