package dev.quire.monitor.explain;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one table maps.
 *
 * @param role what it is for
 * @param format its format and root, as a phrase
 * @param from what it translates
 * @param to what it gives
 * @param tablePages pages of the table, as often as they are linked, by level; element 0 is level 0
 * @param leaves entries that map something, by level; NAPOT leaves count at level 0
 * @param refused entries with V=1 that the MMU refuses
 * @param ranges what is mapped, by address; at most {@link TableScan#MAX_RANGES}
 * @param complete false if the table was too large to be looked at as a whole
 */
public record TableTree(
    TableRole role,
    String format,
    AddressKind from,
    AddressKind to,
    List<Long> tablePages,
    List<Long> leaves,
    long refused,
    List<MappedRange> ranges,
    boolean complete) {
  /** Bytes that {@link #ranges} map. */
  public long mapped() {
    return ranges.stream().mapToLong(MappedRange::length).sum();
  }

  /** The same as an object of numbers, strings and lists; addresses in hex. */
  Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("role", role.word());
    all.put("format", format);
    all.put("tablePages", byLevel(tablePages));
    all.put("leaves", byLevel(leaves));
    all.put("refused", refused);
    all.put("mapped", mapped());
    all.put("complete", complete);
    all.put("ranges", ranges.stream().map(this::json).toList());
    return all;
  }

  private static Map<String, Long> byLevel(List<Long> counts) {
    Map<String, Long> map = new LinkedHashMap<>();
    for (int level = counts.size() - 1; level >= 0; level--) {
      map.put(String.valueOf(level), counts.get(level));
    }
    return map;
  }

  private Map<String, Object> json(MappedRange range) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(from.word(), AddressKind.hex(range.from()));
    map.put("length", range.length());
    map.put(to.word(), AddressKind.hex(range.to()));
    map.put("pageSize", 1L << range.pageShift());
    map.put("permissions", range.permissions());
    return map;
  }
}
