package dev.quire.monitor.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.machine.memory.PhysicalMemory;
import dev.quire.monitor.Program;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.paging.PagingChoice;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole tables of a running guest. */
class TableReportTest {
  private static final MappedRange OWN =
      new MappedRange(ExplainedKernel.GVA, 4096, Program.RESULTS, 12, "RW---");
  private static final MappedRange USERS =
      new MappedRange(ExplainedKernel.UNTOUCHED, 4096, Program.RESULTS + 0x80_0000, 12, "R--U-");
  private static final MappedRange RAM =
      new MappedRange(0x8000_0000L, 1 << 30, 0x8000_0000L, 30, "RWX--");

  private static TableReport report(UnaryOperator<VmConfig.Builder> options) {
    return ExplainedKernel.ask(options, explainer -> explainer.tables(0, 40));
  }

  @Test
  void nestedHasTwoTables() {
    TableReport report = report(options -> options);
    assertThat(report.trees())
        .extracting(TableTree::role)
        .containsExactly(TableRole.V2P, TableRole.P2M);
    TableTree v2p = report.trees().get(0);
    assertThat(v2p.ranges()).containsExactly(RAM, OWN, USERS);
    assertThat(v2p.tablePages()).containsExactly(1L, 1L, 1L, 1L);
    assertThat(v2p.leaves()).containsExactly(2L, 0L, 1L, 0L);
    assertThat(report.splitSuperpages()).isEqualTo(1);
    TableTree p2m = report.trees().get(1);
    assertThat(p2m.ranges()).allMatch(range -> range.permissions().equals("RWX"));
    assertThat(p2m.ranges()).anyMatch(range -> holds(range, Program.RESULTS));
    assertThat(p2m.ranges()).noneMatch(range -> holds(range, USERS.to()));
    assertThat(report.text().lines()).allMatch(line -> line.length() <= 150);
    assertThat(report.json()).containsEntry("splitSuperpages", 1L);
  }

  private static boolean holds(MappedRange range, long address) {
    return range.from() <= address && address <= range.last();
  }

  @ParameterizedTest
  @EnumSource(
      value = PagingChoice.class,
      names = {"SHADOW_EAGER", "SHADOW_UNSYNC", "SHADOW_LAZY"})
  void shadowHasOneMore(PagingChoice choice) {
    TableReport report = report(options -> options.paging(choice));
    assertThat(report.trees())
        .extracting(TableTree::role)
        .containsExactly(TableRole.V2P, TableRole.P2M, TableRole.V2M);
    assertThat(report.trees().get(0).ranges()).containsExactly(RAM, OWN, USERS);
    TableTree v2m = report.trees().get(2);
    assertThat(v2m.ranges()).anyMatch(range -> holds(range, ExplainedKernel.GVA));
    assertThat(v2m.ranges()).noneMatch(range -> holds(range, ExplainedKernel.UNTOUCHED));
    assertThat(report.splitSuperpages()).isEqualTo(1);
    assertThat(report.method()).isNotEmpty();
  }

  @Test
  void protectedHooksTheGuestsOwn() {
    TableReport report = report(options -> options.paging(PagingChoice.PROTECTED));
    assertThat(report.trees())
        .extracting(TableTree::role)
        .containsExactly(TableRole.V2P, TableRole.P2M, TableRole.HOOKED);
    assertThat(report.trees().get(0).ranges()).containsExactly(RAM, OWN, USERS);
    assertThat(report.trees().get(2).ranges())
        .anyMatch(range -> holds(range, ExplainedKernel.GVA))
        .noneMatch(range -> range.from() == range.to());
  }

  @Test
  void nativeHasOne() {
    TableReport report = report(options -> options.paging(PagingChoice.NATIVE));
    assertThat(report.trees()).extracting(TableTree::role).containsExactly(TableRole.NATIVE);
    assertThat(report.trees().get(0).ranges()).containsExactly(RAM, OWN, USERS);
  }

  @Test
  void ofManyRangesTheLargestAreShown() {
    List<MappedRange> ranges =
        List.of(
            new MappedRange(0, 4096, 0, 12, "R----"),
            new MappedRange(8192, 8192, 8192, 12, "R----"),
            new MappedRange(32768, 4096, 0, 12, "R----"),
            new MappedRange(65536, 4096, 0, 12, "R----"));
    TableTree tree =
        new TableTree(
            TableRole.V2P,
            "V2P",
            AddressKind.GVA,
            AddressKind.GPA,
            List.of(1L),
            List.of(5L),
            0,
            ranges,
            true);
    String text = new TableReport(0, "nested", List.of(tree), 0, Map.of(), 1).text();
    assertThat(text)
        .contains("... 1 smaller range, 4 KiB")
        .contains("0x2000    0x3fff  0x2000    8 KiB  R----  4 KiB")
        .contains("... 2 smaller ranges, 8 KiB")
        .doesNotContain("0x10000");
  }

  /** Entries that lead back to their table: in four levels there are 512 to the fourth leaves. */
  @ParameterizedTest
  @EnumSource(
      value = TableRole.class,
      names = {"V2P", "P2M"})
  void aTableThatLeadsToItselfIsLeftAtSomePoint(TableRole role) {
    long base = 0x8000_0000L;
    try (PhysicalMemory memory = new PhysicalMemory(base, 1 << 20)) {
      for (long at = base; at < base + 4096; at += 8) {
        memory.writeLong(at, at % 32 == 0 ? 0x5f | at % 4096 << 25 : base >>> 2 | 1);
      }
      long atp = 10L << 60 | base >>> 12;
      TableTree tree =
          new TableScan(TableReader.of(memory), role, atp, true)
              .tree("", AddressKind.GVA, AddressKind.HPA);
      assertThat(tree.complete()).isFalse();
      assertThat(tree.ranges()).hasSizeLessThan(TableScan.MAX_RANGES + 512).isNotEmpty();
    }
  }

  @Test
  void aTableOutsideOfMemoryIsEmpty() {
    try (PhysicalMemory memory = new PhysicalMemory(0x8000_0000L, 1 << 20)) {
      TableTree tree =
          new TableScan(TableReader.of(memory), TableRole.V2P, 9L << 60 | 5, true)
              .tree("", AddressKind.GVA, AddressKind.HPA);
      assertThat(tree.ranges()).isEmpty();
      assertThat(tree.complete()).isTrue();
    }
  }
}
