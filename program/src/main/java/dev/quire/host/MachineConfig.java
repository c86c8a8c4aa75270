package dev.quire.host;

import java.util.List;

/**
 * The table {@code [machine]}: the computer that all guests share.
 *
 * @param memory in bytes, a multiple of 2 MiB; all that guests, their tables and caches may take
 * @param harts how many of the guests' processors run at a time, 1 to {@link #MAX_HARTS}
 * @param countsInstructions true if an instruction is a nanosecond and the whole run repeats, false
 *     if time is the host's
 */
public record MachineConfig(long memory, int harts, boolean countsInstructions) {
  public static final int MAX_HARTS = 64;

  static final List<String> KEYS = List.of("memory", "harts", "clock");

  static MachineConfig from(Section section) {
    return new MachineConfig(
        section.requiredSize("memory"),
        section.whole("harts", 1, MAX_HARTS, 2),
        section.oneOf("clock", List.of("host", "instructions")).equals("instructions"));
  }
}
