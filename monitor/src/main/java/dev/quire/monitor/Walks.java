package dev.quire.monitor;

import dev.quire.machine.mmu.WalkStatistics;
import dev.quire.monitor.vcpu.GuestCpu;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Page walks of all of a VM's harts.
 *
 * @param count walks begun
 * @param references page-table entries read
 * @param histogram walks by the number of their references
 * @param l2Hits translations that the L2 TLB had
 * @param l2Misses translations that it had not
 */
public record Walks(
    long count, long references, SortedMap<Integer, Long> histogram, long l2Hits, long l2Misses) {
  static Walks of(List<GuestCpu> vcpus) {
    long count = 0;
    long references = 0;
    long hits = 0;
    long misses = 0;
    SortedMap<Integer, Long> histogram = new TreeMap<>();
    for (GuestCpu vcpu : vcpus) {
      WalkStatistics statistics = vcpu.hart().mmu().statistics();
      count += statistics.walks;
      references += statistics.totalReferences();
      hits += statistics.l2Hits;
      misses += statistics.l2Misses;
      for (int i = 0; i < statistics.histogram.length; i++) {
        if (statistics.histogram[i] != 0) {
          histogram.merge(i, statistics.histogram[i], Long::sum);
        }
      }
    }
    return new Walks(count, references, histogram, hits, misses);
  }

  /** What has been counted since {@code earlier}, of the same VM. */
  public Walks minus(Walks earlier) {
    SortedMap<Integer, Long> since = new TreeMap<>(histogram);
    earlier.histogram.forEach((length, walks) -> since.merge(length, -walks, Long::sum));
    since.values().removeIf(walks -> walks == 0);
    return new Walks(
        count - earlier.count,
        references - earlier.references,
        since,
        l2Hits - earlier.l2Hits,
        l2Misses - earlier.l2Misses);
  }
}
