package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.policy.Activity;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.ProxySnapshot;
import dev.quire.monitor.policy.ReclaimState;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MetricsTextTest {
  private static final Map<String, Map<String, Long>> COUNTERS =
      Map.of(
          "web", Map.of("swappedOut", 12L, "inflated", 7L),
          "db", Map.of("swappedOut", 1L),
          "", Map.of("decisions", 3L));

  @Test
  void everyLineIsInTheFormat() {
    Map<String, String> samples = parse(MetricsText.of(Recordings.snapshot(2), COUNTERS));
    assertThat(samples)
        .containsEntry("quire_time_seconds{}", "2")
        .containsEntry("quire_machine_memory_bytes{use=guest}", "" + (319L << 20))
        .containsEntry("quire_machine_reclaim_state{state=soft}", "1")
        .containsEntry("quire_machine_reclaim_state{state=high}", "0")
        .containsEntry("quire_vm_memory_bytes{vm=web,state=private}", "" + (200L << 20))
        .containsEntry("quire_vm_active_bytes{vm=web}", "" + (100L << 20))
        .containsEntry("quire_vm_active_ratio{vm=db}", Double.toString(200 / 236.0))
        .containsEntry("quire_vm_active_low_ratio{vm=web}", "0")
        .containsEntry("quire_vm_active_high_ratio{vm=web}", "1")
        .containsEntry("quire_vm_shares{vm=db}", "1000")
        .containsEntry("quire_vm_guest_available_bytes{vm=db}", "" + (100L << 20))
        .containsEntry("quire_vm_swapped_out_total{vm=web}", "12")
        .containsEntry("quire_vm_swapped_out_total{vm=db}", "1")
        .containsEntry("quire_vm_inflated_total{vm=web}", "7")
        .containsEntry("quire_machine_decisions_total{}", "3")
        .doesNotContainKey("quire_vm_inflated_total{vm=db}");
  }

  @Test
  void thePartsAddUp() {
    Map<String, String> samples = parse(MetricsText.of(Recordings.snapshot(2), Map.of()));
    assertThat(sum(samples, "quire_machine_memory_bytes{use=")).isEqualTo(320L << 20);
    assertThat(sum(samples, "quire_vm_memory_bytes{vm=web,")).isEqualTo(256L << 20);
  }

  @Test
  void whatAGuestKeepsBesideItsProxyMemory() {
    Snapshot snapshot = Recordings.withCurve(Recordings.snapshot(2));
    assertThat(parse(MetricsText.of(snapshot, Map.of())))
        .containsEntry("quire_vm_own_bytes{vm=web}", "" + (64L << 20))
        .doesNotContainKey("quire_vm_own_bytes{vm=db}");
  }

  @Test
  void framesThatAreSharedAndPagesOnThem() {
    long mib = 1 << 20;
    VmSnapshot vm =
        new VmSnapshot(
            "a",
            8 * mib,
            0,
            0,
            1,
            0,
            8 * mib,
            0,
            0,
            0,
            0,
            0,
            0,
            Activity.UNKNOWN,
            0,
            -1,
            -1,
            -1,
            false,
            ProxySnapshot.NONE);
    MachineSnapshot machine =
        new MachineSnapshot(16 * mib, 11 * mib, 5 * mib, 0, 0, 0, 3 * mib, ReclaimState.HIGH);
    assertThat(parse(MetricsText.of(new Snapshot(0, machine, List.of(vm)), Map.of())))
        .containsEntry("quire_machine_saved_bytes{}", "" + 3 * mib)
        .containsEntry("quire_machine_pages_shared{}", "1280")
        .containsEntry("quire_machine_pages_sharing{}", "768");
  }

  @Test
  void whatIsNotKnownIsAbsent() {
    Map<String, String> samples = parse(MetricsText.of(renamed("new"), Map.of()));
    assertThat(samples.keySet())
        .contains("quire_vm_target_bytes{vm=new}")
        .doesNotContain("quire_vm_active_ratio{vm=new}", "quire_vm_guest_free_bytes{vm=new}");
  }

  @Test
  void labelsAreEscaped() {
    String name = "a\"b\\c\nd{e}\u00e9";
    assertThat(parse(MetricsText.of(renamed(name), Map.of(name, Map.of("inflated", 5L)))))
        .containsKey("quire_vm_shares{vm=" + name + "}")
        .containsEntry("quire_vm_inflated_total{vm=" + name + "}", "5");
  }

  /** A host with one VM of which nothing is known but its name. */
  private static Snapshot renamed(String name) {
    VmSnapshot vm =
        new VmSnapshot(
            name,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            Activity.UNKNOWN,
            0,
            -1,
            -1,
            -1,
            false,
            ProxySnapshot.NONE);
    return new Snapshot(0, Recordings.snapshot(1).machine(), List.of(vm));
  }

  private static long sum(Map<String, String> samples, String prefix) {
    return samples.entrySet().stream()
        .filter(sample -> sample.getKey().startsWith(prefix))
        .mapToLong(sample -> Long.parseLong(sample.getValue()))
        .sum();
  }

  private static final Pattern HELP = Pattern.compile("# HELP ([a-z_]+) (?:[^\\\\]|\\\\[\\\\n])+");
  private static final Pattern TYPE = Pattern.compile("# TYPE ([a-z_]+) (gauge|counter)");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? ([-+0-9.eE]+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\\\\\"]|\\\\[\\\\\"n])*)\"(?:,|$)");

  /**
   * A strict reader of the format: each family has its HELP, its TYPE and then all of its samples,
   * none twice. Returns the values by name and labels without quotation marks.
   */
  private static Map<String, String> parse(String text) {
    assertThat(text).endsWith("\n");
    Map<String, String> samples = new LinkedHashMap<>();
    Set<String> families = new HashSet<>();
    String[] lines = text.substring(0, text.length() - 1).split("\n", -1);
    for (int i = 0; i < lines.length; ) {
      String family = match(HELP, lines[i++]).group(1);
      assertThat(families.add(family)).as("a second %s", family).isTrue();
      Matcher type = match(TYPE, lines[i++]);
      assertThat(type.group(1)).isEqualTo(family);
      assertThat(family.endsWith("_total")).isEqualTo(type.group(2).equals("counter"));
      for (; i < lines.length && !lines[i].startsWith("#"); i++) {
        Matcher sample = match(SAMPLE, lines[i]);
        assertThat(sample.group(1)).isEqualTo(family);
        Double.parseDouble(sample.group(3));
        String key = family + "{" + labels(sample.group(2)) + "}";
        assertThat(samples.put(key, sample.group(3))).as(key).isNull();
      }
    }
    return samples;
  }

  private static Matcher match(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return matcher;
  }

  private static String labels(String text) {
    List<String> labels = new ArrayList<>();
    Matcher label = LABEL.matcher(text == null ? "" : text);
    int end = 0;
    while (label.find()) {
      assertThat(label.start()).as(text).isEqualTo(end);
      end = label.end();
      String value = label.group(2).replace("\\n", "\n").replace("\\\"", "\"");
      labels.add(label.group(1) + "=" + value.replace("\\\\", "\\"));
    }
    assertThat(end).as(text).isEqualTo(text == null ? 0 : text.length());
    return String.join(",", labels);
  }
}
