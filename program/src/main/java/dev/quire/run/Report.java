package dev.quire.run;

import dev.quire.machine.mmu.WalkStatistics;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.monitor.vcpu.Exits;
import dev.quire.monitor.vcpu.Vcpu;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run has counted, taken after its end. Sizes are bytes, times host seconds. */
public final class Report {
  private static final String PAGING = "nested";
  private static final int FRAME = 4096;

  private final int exitStatus;
  private final long instructions;
  private final double seconds;
  private final Map<String, Long> exits = new LinkedHashMap<>();
  private final Map<String, Long> tlb = new LinkedHashMap<>();
  private final Map<String, Long> histogram = new LinkedHashMap<>();
  private final long configured;
  private final long resident;
  private final long tableFrames;
  private long walks;
  private long references;

  Report(VirtualMachine vm, long nanos, int exitStatus) {
    this.exitStatus = exitStatus;
    this.instructions = vm.instructions();
    this.seconds = nanos / 1e9;
    Exits counted = vm.exits();
    for (Exits.Reason reason : Exits.Reason.values()) {
      exits.put(reason.key(), counted.get(reason));
    }
    exits.put("total", counted.total());
    countWalks(vm);
    FrameTable frames = vm.frames();
    configured = vm.config().memory();
    resident = (long) frames.count(FrameTable.Use.GUEST) * FRAME;
    tableFrames = frames.count(FrameTable.Use.TABLE);
  }

  private void countWalks(VirtualMachine vm) {
    long hits = 0;
    long misses = 0;
    long[] lengths = new long[0];
    for (Vcpu vcpu : vm.vcpus()) {
      WalkStatistics statistics = vcpu.hart().mmu().statistics();
      walks += statistics.walks;
      references += statistics.totalReferences();
      hits += statistics.l2Hits;
      misses += statistics.l2Misses;
      lengths = lengths.length == 0 ? new long[statistics.histogram.length] : lengths;
      for (int i = 0; i < lengths.length; i++) {
        lengths[i] += statistics.histogram[i];
      }
    }
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] > 0) {
        histogram.put(Integer.toString(i), lengths[i]);
      }
    }
    tlb.put("l1Misses", hits + misses);
    tlb.put("l2Hits", hits);
    tlb.put("l2Misses", misses);
  }

  /**
   * One JSON object.
   *
   * @param console what the guest printed
   * @param output what the command of --exec printed, or null if there was none
   */
  public String json(byte[] console, byte @Nullable [] output) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("paging", PAGING);
    all.put("exitStatus", exitStatus);
    if (output != null) {
      all.put("output", text(output));
    }
    all.put("console", text(console));
    all.put("consoleSha256", sha256(console));
    all.put("instructions", instructions);
    all.put("seconds", seconds);
    all.put("exits", exits);
    all.put("walks", counts("count", walks, "references", references, "histogram", histogram));
    all.put("tlb", tlb);
    all.put("memory", counts("configured", configured, "resident", resident));
    return Json.write(all);
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
    line(text, "paging", PAGING);
    line(text, "instructions", number(instructions));
    double mips = seconds == 0 ? 0 : instructions / seconds / 1e6;
    line(text, "time", String.format(Locale.ROOT, "%.3f s, %.1f guest MIPS", seconds, mips));
    line(text, "exits", pairs(exits));
    line(text, "TLB", pairs(tlb));
    line(text, "walks", number(walks) + ", " + number(references) + " references");
    line(text, "walks by length", pairs(histogram));
    line(
        text,
        "frames used",
        "%s of %s by the guest (%d of %d MiB), %s for the P2M"
            .formatted(
                number(resident / FRAME),
                number(configured / FRAME),
                resident >> 20,
                configured >> 20,
                number(tableFrames)));
    return text.toString();
  }

  private static String pairs(Map<String, Long> counts) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
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
