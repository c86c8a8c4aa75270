package dev.quire.monitor.explain;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A VM's tables as one of its vCPUs uses them.
 *
 * @param cpu whose address space it is
 * @param paging the paging method's name
 * @param trees the guest's own table, the P2M, and what the MMU walks if that is neither
 * @param splitSuperpages leaves of the guest's table that map more than 4 KiB, and that the MMU
 *     finds in smaller pieces
 * @param method what the paging method holds, by name
 * @param limit ranges of each tree that {@link #text} shows
 */
public record TableReport(
    int cpu,
    String paging,
    List<TableTree> trees,
    long splitSuperpages,
    Map<String, Long> method,
    int limit) {
  /** For reading: whole lines. */
  public String text() {
    return TableText.of(this);
  }

  /** The same as an object of numbers, strings and lists, with all ranges; addresses in hex. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("cpu", cpu);
    all.put("paging", paging);
    all.put("tables", trees.stream().map(TableTree::json).toList());
    all.put("splitSuperpages", splitSuperpages);
    all.put("method", method);
    return all;
  }
}
