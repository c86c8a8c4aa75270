package dev.quire.host.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.host.HostConfig;
import dev.quire.host.VmEntry;
import dev.quire.monitor.sharing.Sharing;
import dev.quire.run.DiskChoice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the demonstration is made of, and what it says; without guests. */
class DemonstrationTest {
  private static final long MIB = 1 << 20;

  @Test
  void fourGuestsArePromisedMoreThanThereIs() {
    try (Demonstration demonstration = new Demonstration()) {
      HostConfig config = demonstration.config();
      assertThat(config.manager().sharing().mode()).isEqualTo(Sharing.Mode.GROUP);
      assertThat(config.vms()).allMatch(vm -> vm.group().equals("demo"));
      assertThat(DemoWords.promise(config))
          .isEqualTo("Machine 320 MiB. Promised to 4 Linux guests: 1,024 MiB.");
    }
  }

  @Test
  void itsDiskIsThereAsLongAsItIs() throws Exception {
    Path disk;
    try (Demonstration demonstration = new Demonstration()) {
      List<DiskChoice> disks =
          demonstration.config().vms().stream().flatMap(vm -> vm.disks().stream()).toList();
      assertThat(disks).hasSize(1);
      disk = disks.getFirst().file();
      assertThat(disk).hasSize(96 * MIB);
      assertThat(Files.readAllLines(disk).getFirst()).startsWith("block 0 ");
    }
    assertThat(disk.getParent()).doesNotExist();
  }

  @Test
  void everyTaskIsOfAGuestThatThereIsAndEndsWithinItsRound() {
    try (Demonstration demonstration = new Demonstration()) {
      HostConfig config = demonstration.config();
      List<String> names = config.vms().stream().map(VmEntry::name).toList();
      Scenario scenario = Demonstration.scenario();
      assertThat(scenario.preparation()).allMatch(task -> names.contains(task.vm()));
      double last = 0;
      for (Step step : scenario.steps()) {
        assertThat(step.tasks()).isNotEmpty().allMatch(task -> names.contains(task.vm()));
        assertThat(step.at()).isBetween(last, scenario.roundUnits());
        last = step.at();
      }
    }
  }

  @Test
  void timesAreScaledAndProgramsAreNumbered() {
    Task task = new Task("web", "pattern 140 --grow {3} --pause {0.6}");
    assertThat(task.text(500, 7))
        .endsWith("exec pattern 140 --grow 1500 --pause 300 --seed 7 --status /tmp/status-7");
    assertThat(new Task("web", "sleep {2}").text(1000, 1)).isEqualTo("sleep 2000");
  }

  @Test
  void summariesAreReadWhateverElseIsPrinted() {
    String text =
        """
        pattern: page 3, offset 8: expected 0x1, found 0x2
        pattern: passes 5, verified 50331648 bytes, wrong 1 bytes, 40 ms
        passes 2, verified 4096 bytes, wrong 0 bytes, 2 ms trailing
        passes 99999999999999999999, verified 1 bytes, wrong 0 bytes, 1 ms
        """;
    assertThat(Work.read(text)).isEqualTo(new Work(2, 7, 50335744, 1, 42));
    assertThat(Work.read("")).isEqualTo(Work.NONE);
  }

  @Test
  void theReportSaysWhatMovedAndWhetherAllWasRight() {
    Work work = new Work(3, 40, 900 * MIB, 0, 60_000);
    Moved moved = new Moved(300 * MIB, 90 * MIB, 30 * MIB, 20 * MIB, 700 * MIB);
    Played.Guest guest = new Played.Guest("web", 3, work, moved, 0);
    DemoReport report = new DemoReport(new Played(60_000_000_000L, List.of(guest, guest)), 61);
    assertThat(report.text())
        .startsWith("In 60 s the guests verified 1,800 MiB of what they had written; 0 bytes were")
        .contains("600 MiB by balloon, 180 MiB by swap (60 MiB came back)");
    assertThat(report.isGood()).isTrue();
    assertThat(report.json())
        .containsEntry("verified", 1800 * MIB)
        .containsEntry("wrong", 0L)
        .containsEntry("oomKills", 0L);
    Played.Guest killed = new Played.Guest("db", 3, work, moved, 1);
    assertThat(new DemoReport(new Played(1, List.of(killed)), 0).isGood()).isFalse();
  }

  @Test
  void theCounterfactualIsARatioOfPages() {
    Counterfactual counterfactual = new Counterfactual(rehearsal(100 * MIB), rehearsal(250 * MIB));
    assertThat(counterfactual.ratio()).isEqualTo(2.5);
    assertThat(counterfactual.text()).contains("25,600 pages", "64,000: 2.5 times as much");
    assertThat(counterfactual.json())
        .containsEntry("ratio", 2.5)
        .extractingByKey("idle-tax")
        .isInstanceOfSatisfying(
            Map.class, part -> assertThat(part.get("pagesVerified")).isEqualTo(64_000L));
  }

  private static Rehearsal rehearsal(long verified) {
    Work work = new Work(1, 1, verified, 0, 1);
    Played.Guest guest = new Played.Guest("web", 1, work, Moved.NONE, 0);
    return new Rehearsal(new Played(1_000_000_000, List.of(guest)), List.of());
  }
}
