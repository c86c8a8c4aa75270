package dev.quire.host;

import java.util.List;
import java.util.Set;

/**
 * One {@code [[event]]}: a command that starts in a guest at a time.
 *
 * @param atNanos in nanoseconds of the machine's time
 * @param vm the guest's name
 * @param exec the command
 */
public record EventEntry(long atNanos, String vm, String exec) {
  static final List<String> KEYS = List.of("at", "vm", "exec");

  /**
   * @param names of the guests that there are
   */
  static EventEntry from(Section section, Set<String> names) {
    String vm = section.required("vm", "vm = \"web\"");
    if (!names.contains(vm)) {
      throw section.mistake(
          "vm", "there is no guest %s: there are %s.", Section.shown(vm), String.join(", ", names));
    }
    return new EventEntry(
        section.requiredTime("at"), vm, section.required("exec", "exec = \"free -m\""));
  }
}
