package dev.quire.run;

import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.Walks;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.proxy.SwapDisk;
import dev.quire.monitor.proxy.SwapDiskCounters;
import dev.quire.monitor.sampling.SampleCounters;
import dev.quire.monitor.sampling.Sampler;
import dev.quire.monitor.vcpu.Exits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run has counted, taken when its VM does not run. Sizes are bytes, times host seconds. */
public final class Report {
  private static final int FRAME = 4096;

  private final PagingChoice paging;
  private final int exitStatus;
  private final long instructions;
  private final double seconds;
  private final Map<String, Long> exits = new LinkedHashMap<>();
  private final Map<String, Long> tlb = new LinkedHashMap<>();
  private final long configured;
  private final long resident;
  private final long tableFrames;
  private final Walks walks;
  private final Map<String, Long> tables;
  private final @Nullable SampleCounters sampling;
  private final @Nullable SwapDiskCounters swapDisk;
  private final @Nullable ProxyReport proxy;

  Report(VirtualMachine vm, long nanos, int exitStatus) {
    this.paging = vm.choice();
    this.exitStatus = exitStatus;
    this.instructions = vm.instructions();
    this.seconds = nanos / 1e9;
    Exits counted = vm.exits();
    for (Exits.Reason reason : Exits.Reason.values()) {
      exits.put(reason.key(), counted.get(reason));
    }
    exits.put("total", counted.total());
    walks = vm.walks();
    tlb.put("l1Misses", walks.l2Hits() + walks.l2Misses());
    tlb.put("l2Hits", walks.l2Hits());
    tlb.put("l2Misses", walks.l2Misses());
    tables = vm.pagingStatistics();
    configured = vm.memory().size();
    resident = vm.memory().resident();
    tableFrames = vm.frames().tables(vm.number());
    Sampler sampler = vm.sampler();
    sampling = sampler == null ? null : sampler.counters(vm.exits().sampleNanos());
    SwapDisk disk = vm.swapDisk();
    swapDisk = disk == null ? null : disk.counters();
    proxy = ProxyReport.of(vm);
  }

  /** The counters of this moment of a VM that runs, which stands still for it; in guest time. */
  public static Report now(VirtualMachine vm) {
    return vm.whileStopped(() -> new Report(vm, vm.clock().now(), 0));
  }

  /**
   * One JSON object.
   *
   * @param console what the guest printed
   * @param output what the command of --exec printed, or null if there was none
   */
  public String json(byte[] console, byte @Nullable [] output) {
    Map<String, Object> all = method();
    all.put("exitStatus", exitStatus);
    if (output != null) {
      all.put("output", text(output));
    }
    all.put("console", text(console));
    all.put("consoleSha256", sha256(console));
    all.putAll(counters());
    return Json.write(all);
  }

  /** The same without what the guest printed and how it ended: all that there is while it runs. */
  public Map<String, Object> object() {
    Map<String, Object> all = method();
    all.putAll(counters());
    return all;
  }

  private Map<String, Object> method() {
    return counts("paging", paging.paging(), "variant", paging.variant());
  }

  private Map<String, Object> counters() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("instructions", instructions);
    all.put("seconds", Math.round(seconds * 1e6) / 1e6);
    all.put("exits", exits);
    all.put(
        "walks",
        counts(
            "count",
            walks.count(),
            "references",
            walks.references(),
            "histogram",
            walks.histogram()));
    all.put("tlb", tlb);
    all.put("tables", tables);
    all.put("memory", counts("configured", configured, "resident", resident));
    if (sampling != null) {
      all.put(
          "sampling",
          counts(
              "periods",
              sampling.periods(),
              "sampled",
              sampling.sampled(),
              "touched",
              sampling.touched(),
              "seconds",
              (sampling.nanos() + sampling.harvesting()) / 1e9));
    }
    if (swapDisk != null) {
      all.put("swapDisk", swapDisk);
    }
    if (proxy != null) {
      all.put("proxy", proxy);
    }
    return all;
  }

  private static Map<String, Object> counts(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(namesAndValues[i].toString(), namesAndValues[i + 1]);
    }
    return map;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The same, without the texts, for reading. */
  public String text() {
    StringBuilder text = new StringBuilder();
    line(text, "paging", paging.word());
    line(text, "instructions", number(instructions));
    double mips = seconds == 0 ? 0 : instructions / seconds / 1e6;
    line(text, "time", String.format(Locale.ROOT, "%.3f s, %.1f guest MIPS", seconds, mips));
    line(text, "exits", pairs(exits));
    line(text, "TLB", pairs(tlb));
    line(text, "walks", number(walks.count()) + ", " + number(walks.references()) + " references");
    line(text, "walks by length", pairs(walks.histogram()));
    line(text, "tables", pairs(tables));
    line(
        text,
        "frames used",
        "%s of %s by the guest (%d of %d MiB), %s for tables"
            .formatted(
                number(resident / FRAME),
                number(configured / FRAME),
                resident >> 20,
                configured >> 20,
                number(tableFrames)));
    if (sampling != null) {
      line(text, "sampling", sampling(sampling));
    }
    if (swapDisk != null) {
      line(text, "swap disk", swapDisk(swapDisk));
    }
    if (proxy != null) {
      proxy.lines().forEach((name, value) -> line(text, name, value));
    }
    return text.toString();
  }

  private static String sampling(SampleCounters counters) {
    return String.format(
        Locale.ROOT,
        "%,d periods, %,d of %,d pages touched; %.3f ms, and %.3f ms for accessed bits",
        counters.periods(),
        counters.touched(),
        counters.sampled(),
        counters.nanos() / 1e6,
        counters.harvesting() / 1e6);
  }

  private static String swapDisk(SwapDiskCounters counters) {
    return String.format(
        Locale.ROOT,
        "%,d slots cached, %,d in the file, %,d of both stale; %,d written, %,d read, %,d"
            + " discarded",
        counters.cached(),
        counters.filed(),
        counters.stale(),
        counters.writes(),
        counters.reads(),
        counters.discards());
  }

  private static String pairs(Map<?, Long> counts) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<?, Long> entry : counts.entrySet()) {
      if (entry.getValue() != 0) {
        text.append(text.isEmpty() ? "" : ", ").append(entry.getKey()).append(' ');
        text.append(number(entry.getValue()));
      }
    }
    return text.toString();
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "%-16s %s%n", name, value));
  }
}
