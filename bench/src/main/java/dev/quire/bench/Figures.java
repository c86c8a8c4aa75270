package dev.quire.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Medians, and figures found in what programs print. */
final class Figures {
  /** How a workload reports the time of its measured part: {@code g_syscall n=10 time=0.1 s}. */
  private static final Pattern OWN_TIME = Pattern.compile("\\btime=([0-9]+(?:\\.[0-9]+)?) s\\b");

  private Figures() {}

  /** The middle one, or the mean of the two in the middle; of at least one value. */
  static double median(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** Seconds, as the program has measured them itself; empty if it says nothing of the kind. */
  static OptionalDouble ownTime(String output) {
    Matcher matcher = OWN_TIME.matcher(output);
    return matcher.find()
        ? OptionalDouble.of(Double.parseDouble(matcher.group(1)))
        : OptionalDouble.empty();
  }

  /** Bytes in a line {@code NAME: 123 kB} of Linux's /proc/PID/status. */
  static OptionalLong statusBytes(String status, String name) {
    return status
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.split("\\s+", -1))
        .filter(words -> words.length == 3 && words[2].equals("kB"))
        .mapToLong(words -> Long.parseLong(words[1]) << 10)
        .findFirst();
  }

  /** Frames that a guest and its P2M hold, by the line "frames used" of {@code --stats}. */
  static OptionalLong framesUsed(String statistics) {
    Matcher matcher =
        Pattern.compile("(?m)^frames used\\s+([0-9,]+) of .*\\), ([0-9,]+) for the P2M")
            .matcher(statistics);
    if (!matcher.find()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        Arrays.stream(new String[] {matcher.group(1), matcher.group(2)})
            .mapToLong(digits -> Long.parseLong(digits.replace(",", "")))
            .sum());
  }
}
