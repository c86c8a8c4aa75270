package dev.quire.census;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The definitions of a census word by word, for memories of a few pages that are kept whole. */
final class NaiveCensus {
  /** Contents of the pieces of each source; "" stands for zeros. */
  private final List<List<String>> sources = new ArrayList<>();

  /** A source's pages of 4 KiB by address. */
  NaiveCensus(Granularity granularity, List<Map<Long, byte[]>> memories) {
    for (Map<Long, byte[]> memory : memories) {
      Map<Long, Map<Long, byte[]>> pieces = new TreeMap<>();
      memory.forEach(
          (address, page) ->
              pieces
                  .computeIfAbsent(address / granularity.bytes(), number -> new TreeMap<>())
                  .put(address % granularity.bytes(), page));
      sources.add(pieces.values().stream().map(NaiveCensus::content).toList());
    }
  }

  private static String content(Map<Long, byte[]> pages) {
    StringBuilder text = new StringBuilder();
    pages.forEach(
        (offset, page) -> {
          String bytes = new String(page, StandardCharsets.ISO_8859_1).replaceAll("\\x00+$", "");
          text.append(bytes.isEmpty() ? "" : offset + ":" + bytes + ";");
        });
    return text.toString();
  }

  /** The first {@code count} sources together. */
  Count.Point point(String name, int count) {
    List<String> all = sources.subList(0, count).stream().flatMap(List::stream).toList();
    List<String> contents = notZero(all);
    long alone = 0;
    long within = 0;
    for (List<String> source : sources.subList(0, count)) {
      alone += new HashSet<>(notZero(source)).size();
      within += repeated(notZero(source));
    }
    long twins = repeated(contents);
    Set<String> distinct = new HashSet<>(contents);
    return new Count.Point(
        name,
        all.size(),
        all.size() - contents.size(),
        distinct.size(),
        contents.size() - alone,
        alone - distinct.size(),
        within,
        twins - within);
  }

  /** How often each content that is repeated occurs, the most frequent first. */
  List<Long> copies() {
    List<String> all = sources.stream().flatMap(List::stream).toList();
    return counts(notZero(all)).values().stream()
        .filter(count -> count > 1)
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private static List<String> notZero(List<String> contents) {
    return contents.stream().filter(content -> !content.isEmpty()).toList();
  }

  private static Map<String, Long> counts(List<String> contents) {
    return contents.stream().collect(Collectors.groupingBy(one -> one, Collectors.counting()));
  }

  /** How many have a content that another has. */
  private static long repeated(List<String> contents) {
    return counts(contents).values().stream().filter(count -> count > 1).mapToLong(n -> n).sum();
  }
}
