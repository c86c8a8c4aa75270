package dev.quire.host.demo;

import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A command that runs in a guest beside others.
 *
 * @param vm the guest's name
 * @param command with times in units of the scenario, as in {@code sleep {1.5}}; they are put in as
 *     milliseconds
 * @param followed whether its end is an event, and the guest's agent does nothing else until then
 */
record Task(String vm, String command, boolean followed) {
  Task(String vm, String command) {
    this(vm, command, false);
  }

  /** Prints a summary that {@link Work} reads. */
  private static final String PATTERN = "pattern ";

  /** A file in the guest after which no program begins any more. */
  static final String OVER = "/tmp/over";

  /** On a slow host the program before may still run, and the guest has no memory for two. */
  private static final String ALONE =
      "killall -q pattern; while pidof pattern >/dev/null; do sleep 0.05; done;"
          + " [ -e "
          + OVER
          + " ] || exec ";

  private static final Pattern TIME = Pattern.compile("\\{([0-9.]+)\\}");

  /** Whether it is our program that verifies what it wrote. */
  boolean verifies() {
    return command.startsWith(PATTERN);
  }

  /**
   * What the guest's shell is given.
   *
   * @param unitMillis how long a unit of the scenario is
   * @param number of the task among all, which makes its numbers different
   */
  String text(long unitMillis, int number) {
    String text = TIME.matcher(command).replaceAll(time -> Long.toString(millis(time, unitMillis)));
    return verifies()
        ? String.format(
            Locale.ROOT, "%s%s --seed %d --status /tmp/status-%3$d", ALONE, text, number)
        : text;
  }

  private static long millis(MatchResult time, long unitMillis) {
    return Math.round(Double.parseDouble(time.group(1)) * unitMillis);
  }
}
