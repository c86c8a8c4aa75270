package dev.quire.host.demo;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What the program {@code pattern} has done, in one guest or in all.
 *
 * @param summaries how many programs have told
 * @param passes over their memory
 * @param verified bytes, once for each time
 * @param wrong bytes
 * @param millis for which the programs ran, in the guest's time, together
 */
public record Work(int summaries, long passes, long verified, long wrong, long millis) {
  static final Work NONE = new Work(0, 0, 0, 0, 0);

  private static final Pattern SUMMARY =
      Pattern.compile(
          "passes (\\d{1,18}), verified (\\d{1,18}) bytes, wrong (\\d{1,18}) bytes, (\\d{1,18})"
              + " ms");

  /** The sum of all summaries in a text; a guest may print what it likes. */
  static Work read(String text) {
    return SUMMARY.matcher(text).results().map(Work::one).reduce(NONE, Work::plus);
  }

  private static Work one(MatchResult result) {
    return new Work(
        1,
        Long.parseLong(result.group(1)),
        Long.parseLong(result.group(2)),
        Long.parseLong(result.group(3)),
        Long.parseLong(result.group(4)));
  }

  Work plus(Work other) {
    return new Work(
        summaries + other.summaries,
        passes + other.passes,
        verified + other.verified,
        wrong + other.wrong,
        millis + other.millis);
  }
}
