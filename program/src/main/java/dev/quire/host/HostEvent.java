package dev.quire.host;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened on the host.
 *
 * @param number counts from 1
 * @param nanos of machine time
 * @param vm the guest's name; empty if it concerns the machine
 * @param kind one word: guest, state, move, balloon, hold, swap
 * @param text a sentence for people
 */
public record HostEvent(long number, long nanos, String vm, String kind, String text) {
  /** What its JSON object says. */
  public static HostEvent of(Map<String, Object> object) {
    return new HostEvent(
        number(object.get("number")),
        number(object.get("nanos")),
        String.valueOf(object.get("vm")),
        String.valueOf(object.get("kind")),
        String.valueOf(object.get("text")));
  }

  private static long number(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : 0;
  }

  /** For lists: a whole line. */
  public String line() {
    return String.format(Locale.ROOT, "%10.3f s  %-8s %s%n", nanos / 1e9, kind, text);
  }
}
