package dev.quire.host.trial;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What commands of a host's file have done. A line {@code work N} that one prints says how much it
 * has done so far, in units of its own; the last one counts.
 *
 * @param begun how many began
 * @param ended of these have ended
 * @param failed of these with another status than 0
 * @param work the sum of what each has done
 */
record TrialCommand(int begun, int ended, int failed, long work) {
  /** Of a guest that did not answer. */
  static final TrialCommand NONE = new TrialCommand(0, 0, 0, 0);

  /** Prints, for each command that was started, a line {@code command} and its last lines. */
  static final String QUESTION =
      """
      for f in /tmp/job-*.txt; do
      [ -e $f ] && echo command && grep -E '^(work|ended) [0-9]+$' $f | tail -n 2
      done\
      """;

  private static final Pattern LINE = Pattern.compile("(work|ended) (\\d{1,15})");

  /** {@code command}, such that its output ends in a line {@code ended STATUS}. */
  static String telling(String command) {
    return "(\n" + command + "\n)\necho \"\nended $?\"";
  }

  /** The answer to {@link #QUESTION}; a guest may print what it likes. */
  static TrialCommand read(String answer) {
    TrialCommand all = NONE;
    TrialCommand one = NONE;
    for (String line : answer.lines().toList()) {
      if (line.equals("command")) {
        all = all.plus(one);
        one = new TrialCommand(1, 0, 0, 0);
      } else {
        one = one.with(LINE.matcher(line));
      }
    }
    return all.plus(one);
  }

  private TrialCommand with(Matcher line) {
    if (!line.matches()) {
      return this;
    }
    long number = Long.parseLong(line.group(2));
    return line.group(1).equals("work")
        ? new TrialCommand(begun, ended, failed, number)
        : new TrialCommand(begun, 1, number == 0 ? 0 : 1, work);
  }

  TrialCommand plus(TrialCommand other) {
    return new TrialCommand(
        begun + other.begun, ended + other.ended, failed + other.failed, work + other.work);
  }
}
