package dev.quire.census;

import dev.quire.machine.board.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/** How large the pieces of memory are that are compared; each begins at a multiple of its size. */
public enum Granularity {
  K4("4K", 1),
  K16("16K", 4),
  K64("64K", 16),
  M2("2M", 512);

  private final String label;
  private final int pages;

  Granularity(String label, int pages) {
    this.label = label;
    this.pages = pages;
  }

  /** What users call it. */
  public String label() {
    return label;
  }

  /** In pages of 4 KiB. */
  public int pages() {
    return pages;
  }

  public long bytes() {
    return (long) pages * PageHasher.PAGE;
  }

  /** Those of a list like {@code 4K,2M}, the smallest first; {@code all} stands for all. */
  public static List<Granularity> parse(String list) {
    if (list.equalsIgnoreCase("all")) {
      return List.of(values());
    }
    EnumSet<Granularity> found = EnumSet.noneOf(Granularity.class);
    for (String word : list.split(",", -1)) {
      found.add(
          Arrays.stream(values())
              .filter(granularity -> granularity.label.equalsIgnoreCase(word.strip()))
              .findAny()
              .orElseThrow(() -> unknown(word)));
    }
    return new ArrayList<>(found);
  }

  private static UserError unknown(String word) {
    return UserError.of(
        "'%s' is no granularity: there are %s, and all.",
        word, Arrays.stream(values()).map(Granularity::label).collect(Collectors.joining(", ")));
  }
}
