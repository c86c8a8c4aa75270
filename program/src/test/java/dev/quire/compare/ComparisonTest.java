package dev.quire.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.UserError;
import dev.quire.machine.mmu.MmuConfig;
import dev.quire.monitor.Walks;
import dev.quire.monitor.paging.PagingChoice;
import dev.quire.monitor.vcpu.Exits;
import dev.quire.run.Counters;
import dev.quire.run.Json;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is computed of counters and how it is shown. */
class ComparisonTest {
  private static final CostModel MODEL = new CostModel(10, 3, 100);

  private static Counters counters(long instructions, long references, long fills, long reflected) {
    Walks walks = new Walks(100, references, new TreeMap<>(Map.of(1, 90L, 24, 10L)), 1000, 100);
    Map<Exits.Reason, Long> exits =
        new EnumMap<>(
            Map.of(
                Exits.Reason.P2M_FILL, fills,
                Exits.Reason.REFLECTED, reflected,
                Exits.Reason.BUDGET, 5000L));
    return new Counters(instructions, walks, exits, Map.of("frames", 7L), 1_500_000_000);
  }

  private static Outcome outcome(PagingChoice paging, Counters counters, String printed) {
    Setup setup = new Setup(paging, MmuConfig.standard(), "");
    return new Outcome(Workload.MMAP, setup, counters, 2_000_000, printed, "");
  }

  private static Comparison comparison(Outcome... outcomes) {
    return new Comparison(Workload.MMAP, List.of(outcomes), MODEL);
  }

  private final Outcome bare = outcome(PagingChoice.NATIVE, counters(1_000_000, 200, 0, 0), "abc");
  private final Outcome nested =
      outcome(PagingChoice.NESTED, counters(1_000_000, 400, 3000, 4), "abc");

  @Test
  void costsFollowTheModel() {
    assertThat(MODEL.cycles(bare.counters())).isEqualTo(1_000_000 + 10 * 200 + 3 * 1000);
    assertThat(MODEL.cycles(nested.counters()))
        .as("slices of the clock are no exits")
        .isEqualTo(1_000_000 + 10 * 400 + 3 * 1000 + 100 * 3004);
    assertThat(new CostModel(0, 0, 0).cycles(nested.counters())).isEqualTo(1_000_000);
    assertThat(MODEL)
        .hasToString("cycles = instructions + 10 x references + 3 x L2 TLB hits + 100 x exits");
  }

  @Test
  void overheadIsAgainstNative() {
    Comparison both = comparison(nested, bare);
    assertThat(both.overhead(bare)).isZero();
    assertThat(both.overhead(nested)).isEqualTo(1_307_400.0 / 1_005_000 - 1);
    assertThat(comparison(nested).overhead(nested)).isNull();
  }

  @Test
  void theTableNamesWhatWasCounted() {
    String text = comparison(bare, nested).text();
    assertThat(text)
        .startsWith("mmap: 256 pages")
        .contains("Counted: the command alone")
        .containsPattern("instructions +walks +refs/walk +reflected +exits +frames +seconds +est")
        .containsPattern("native +1,000,000 +100 +2.00 +0 +0 +7 +1.50 +1,005,000 +\\+0.0%")
        .containsPattern("nested +1,000,000 +100 +4.00 +4 +3,004 +7 +1.50 +1,307,400 +\\+30.1%")
        .contains("native  1: 90, 24: 10", "reflected 4 (2,003 a second)", "nested  frames 7")
        .contains("Same in all runs: 2,000,000 instructions since power-on")
        .doesNotContain("DIFFERENT", "budget");
  }

  @Test
  void differencesAreNamed() {
    Outcome longer = outcome(PagingChoice.PROTECTED, counters(1_000_001, 200, 0, 0), "abc");
    Outcome otherText = outcome(PagingChoice.SHADOW_LAZY, counters(1_000_000, 200, 0, 0), "abd");
    Outcome failed =
        new Outcome(Workload.MMAP, nested.setup(), nested.counters(), 1, "abc", "It panicked.");
    assertThat(comparison(bare, nested).allSame()).isTrue();
    Comparison all = comparison(bare, longer, otherText, failed);
    assertThat(all.allSame()).isFalse();
    assertThat(all.text())
        .contains("DIFFERENT: protected from native: 1,000,001 instructions of the workload")
        .contains("DIFFERENT: shadow-lazy from native: what the guest printed (SHA-256 abd")
        .contains("FAILED: nested: It panicked.")
        .doesNotContain("Same in all runs");
  }

  @Test
  void jsonHasAnObjectForEachRun() {
    String json = Json.write(comparison(bare, nested).json());
    assertThat(json)
        .containsPattern("^\\[ *\\{\\s*\"workload\": \"mmap\",\\s*\"paging\": \"native\"");
    assertThat(json)
        .contains("\"variant\": \"\"", "\"instructions\": 1000000", "\"consoleSha256\": \"abc\"")
        .contains("\"references\": 400", "\"mean\": 4.0", "\"24\": 10")
        .contains("\"p2mFill\": 3000", "\"total\": 3004", "\"frames\": 7")
        .contains("\"seconds\": 1.5", "\"estimatedCycles\": 1307400", "\"overhead\": 0.300")
        .doesNotContain("budget", "failure", "caches");
    assertThat(Json.write(comparison(nested).json())).contains("\"overhead\": null");
  }

  @Test
  void everyCacheHasARunWithoutIt() {
    MmuConfig mmu = MmuConfig.standard();
    List<Setup> setups = Setup.ofCaches(List.of(PagingChoice.NESTED), mmu);
    assertThat(setups)
        .extracting(Setup::label)
        .containsExactly(
            "nested, all caches",
            "nested, no vspwc",
            "nested, no gpwc",
            "nested, no nested TLB",
            "nested, no caches");
    assertThat(setups)
        .extracting(Setup::mmu)
        .containsExactly(
            mmu,
            new MmuConfig(512, 2048, 0, 64, 256),
            new MmuConfig(512, 2048, 64, 0, 256),
            new MmuConfig(512, 2048, 64, 64, 0),
            new MmuConfig(512, 2048, 0, 0, 0));
  }

  @Test
  void workloadsHaveNamesAndPrograms() {
    assertThat(Workload.parse("chase")).isEqualTo(Workload.CHASE);
    assertThatThrownBy(() -> Workload.parse("quake"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "The workload quake is unknown: boot, forkexec, mmap, chase, pipe, syscalls, sqlite.");
  }
}
