package dev.quire.compare;

import dev.quire.monitor.vcpu.GuestState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where two guests part.
 *
 * @param same after how many instructions their states are still the same
 * @param place what comes after that, or null if both end there
 */
public record Difference(long same, @Nullable Place place) {
  /**
   * The first instruction that does something else, or whose interrupt or trap does.
   *
   * @param pc where both guests stand before it; a gva
   * @param bits of the instruction there, or -1 if they cannot be read
   * @param first the state of the first guest after it, or null if that has ended
   * @param second the state of the second guest
   */
  public record Place(
      long pc, long bits, @Nullable GuestState first, @Nullable GuestState second) {}

  /** The registers that differ, by name, with their values in both guests. */
  public Map<String, List<Long>> registers() {
    Map<String, List<Long>> differing = new LinkedHashMap<>();
    GuestState first = place == null ? null : place.first();
    GuestState second = place == null ? null : place.second();
    if (first != null && second != null) {
      for (int i = 0; i < GuestState.names().size(); i++) {
        if (first.value(i) != second.value(i)) {
          differing.put(GuestState.names().get(i), List.of(first.value(i), second.value(i)));
        }
      }
    }
    return differing;
  }

  /** For reading: one line, and one for each register. */
  public String text(String firstName, String secondName) {
    String names = firstName + " and " + secondName;
    if (place == null) {
      return "%s: the same states for %s instructions, to the end.\n"
          .formatted(names, number(same));
    }
    StringBuilder text = new StringBuilder();
    text.append(
        "DIFFERENT: %s: instruction %s, at pc 0x%016x, bits %s\n"
            .formatted(names, number(same + 1), place.pc(), bits()));
    if (place.first() == null || place.second() == null) {
      text.append(
          "  %s ends before it\n".formatted(place.first() == null ? firstName : secondName));
    }
    registers()
        .forEach(
            (name, values) ->
                text.append(
                    "  %-8s 0x%016x  0x%016x\n"
                        .formatted(name, values.getFirst(), values.getLast())));
    return text.toString();
  }

  /** For programs, beside the names of the guests. */
  public Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("sameInstructions", same);
    json.put("different", place != null);
    if (place != null) {
      json.put("pc", hex(place.pc()));
      json.put("bits", bits());
      Map<String, Object> values = new LinkedHashMap<>();
      registers()
          .forEach((name, pair) -> values.put(name, pair.stream().map(Difference::hex).toList()));
      json.put("registers", values);
    }
    return json;
  }

  private String bits() {
    long bits = place == null ? -1 : place.bits();
    if (bits < 0) {
      return "unreadable";
    }
    return String.format(Locale.ROOT, (bits & 3) == 3 ? "0x%08x" : "0x%04x", bits);
  }

  private static String hex(long value) {
    return String.format(Locale.ROOT, "0x%016x", value);
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
