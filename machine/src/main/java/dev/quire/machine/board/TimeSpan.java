package dev.quire.machine.board;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as users write them: 1s, 500ms, 1.5h, or a number of seconds. */
public final class TimeSpan {
  private static final BigDecimal LIMIT = BigDecimal.valueOf(1000 * 3600_000_000_000L);
  private static final int SHOWN = 40;
  private static final Pattern FORM =
      Pattern.compile("([0-9]{1,13}(?:\\.[0-9]{1,9})?)(ns|us|ms|s|min|h|)");

  private TimeSpan() {}

  /** Nanoseconds, at most 1,000 hours; a {@link UserError} for anything else. */
  public static long parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw UserError.of(
          "%s is not a time: write for example 500ms, 2s or 1.5h (ns, us, ms, s, min or h).",
          shown(text));
    }
    BigDecimal count = new BigDecimal(parts.group(1));
    BigDecimal nanos = count.multiply(BigDecimal.valueOf(nanosOf(parts.group(2))));
    if (nanos.compareTo(LIMIT) > 0) {
      throw UserError.of("The time %s is too long: at most 1000h are possible.", text);
    }
    return nanos.longValue();
  }

  /** A part of it that fits into a sentence on a terminal, in quotes. */
  private static String shown(String text) {
    String printable = text.replaceAll("[^ -~]", "?");
    return printable.length() <= SHOWN
        ? "'" + printable + "'"
        : "'" + printable.substring(0, SHOWN) + "...'";
  }

  private static long nanosOf(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us" -> 1_000;
      case "ms" -> 1_000_000;
      case "min" -> 60_000_000_000L;
      case "h" -> 3600_000_000_000L;
      default -> 1_000_000_000;
    };
  }
}
