package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.GuestFile;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sharing.ScanCounters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A host at many moments, while its guests want more memory than there is. */
class HostReportTest {
  /** Writes to every page of 5 MiB, again and again. */
  private static final int[] TOUCH_PAGES = {
    0x00200297, // start: auipc t0, 0x200
    0x00700317, // auipc t1, 0x700
    0x00001e37, // lui t3, 1
    0x0072b023, // page: sd t2, 0(t0)
    0x00138393, // addi t2, t2, 1
    0x01c282b3, // add t0, t0, t3
    0xfe62eae3, // bltu t0, t1, page
    0xfe5ff06f, // j start
  };

  private static final String GUEST =
      """
      [[vm]]
      name = "%s"
      memory = "10M"
      min = "2M"
      """;
  private static final String HOST =
      "[machine]\nmemory = \"16M\"\n"
          + GUEST.formatted("first")
          + GUEST.formatted("second")
          + GUEST.formatted("a-guest-with-a-long-name")
          + GUEST.formatted("last")
          + "start = \"as memory allows\"\n";

  private static final int MOMENTS = 150;

  private static HostSession session() {
    ByteBuffer program = ByteBuffer.allocate(4 * TOUCH_PAGES.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int instruction : TOUCH_PAGES) {
      program.putInt(instruction);
    }
    HostSession.Boot boot = new HostSession.Boot(new GuestFile("touch", program.array()), null);
    return new HostSession(HostFile.parse(HOST, "host.toml", Path.of("")), vm -> boot);
  }

  private static List<HostReport> moments() throws InterruptedException {
    List<HostReport> moments = new ArrayList<>();
    try (HostSession session = session()) {
      moments.add(HostReport.of(session));
      Thread host = Thread.ofPlatform().start(session::run);
      for (int i = 0; i < MOMENTS; i++) {
        Thread.sleep(10);
        session.call(() -> moments.add(HostReport.of(session)));
      }
      session.cut();
      host.join();
      moments.add(HostReport.of(session));
    }
    return moments;
  }

  @Test
  void everythingAddsUpAtEveryMoment() throws InterruptedException {
    List<HostReport> moments = moments();
    moments.forEach(HostReportTest::addsUp);
    assertThat(moments.stream().mapToLong(HostReportTest::swapped).max().orElse(0)).isPositive();
    HostReport during = moments.get(MOMENTS);
    assertThat(during.vms())
        .extracting(HostReport.Vm::name)
        .containsExactly("first", "second", "a-guest-with-a-long-name", "last");
    assertThat(during.vms().getLast().state()).isEqualTo(VmState.QUEUED);
    assertThat(during.vms().getLast().memory().held()).isZero();
    HostReport end = moments.getLast();
    assertThat(end.machine().free() + end.machine().reserve()).isEqualTo(end.machine().total());
    assertThat(end.vms()).allMatch(vm -> vm.state() == VmState.STOPPED);
    assertThat(end.vms().getFirst().traffic().swappedOut()).isPositive();
    checkTexts(during);
  }

  private static void addsUp(HostReport report) {
    MachineSnapshot machine = report.machine();
    long held = 0;
    for (HostReport.Vm vm : report.vms()) {
      VmSnapshot memory = vm.memory();
      held += memory.held();
      assertThat(memory.held() + memory.swapped() + memory.ballooned() + memory.unpopulated())
          .isEqualTo(memory.configured())
          .isEqualTo(10 << 20);
    }
    assertThat(machine.guest()).isEqualTo(held);
    assertThat(
            machine.free()
                + machine.guest()
                + machine.tables()
                + machine.cache()
                + machine.reserve())
        .isEqualTo(machine.total())
        .isEqualTo(16 << 20);
  }

  private static long swapped(HostReport report) {
    return report.vms().stream().mapToLong(vm -> vm.memory().swapped()).sum();
  }

  private static void checkTexts(HostReport report) {
    assertThat(report.topText().lines())
        .hasSize(6)
        .allSatisfy(line -> assertThat(line.length()).isBetween(75, 100));
    assertThat(report.topText()).contains("\na-guest-with ");
    assertThat(report.psText().lines())
        .hasSize(5)
        .last()
        .asString()
        .matches("last +queued +nested .* it starts as memory allows");
  }

  private static HostReport report(Snapshot snapshot) {
    List<HostReport.Vm> vms =
        snapshot.vms().stream()
            .map(
                vm ->
                    new HostReport.Vm(vm, VmState.RUNNING, "", "nested", 1, 0, PageTraffic.NONE, 0))
            .toList();
    return new HostReport(0, snapshot.machine(), ScanCounters.NONE, vms);
  }

  @Test
  void proxyMemoryHasColumnsIfAnyGuestHasIt() {
    HostReport without = report(Recordings.snapshot(2));
    assertThat(without.psText() + without.topText()).doesNotContain("M0", "CACHE");
    HostReport with = report(Recordings.withCurve(Recordings.snapshot(2)));
    assertThat(with.psText()).containsPattern("TARGET +M0 CACHE\n.* 64 +0\n.*150\n");
    assertThat(with.topText()).containsPattern("ZERO +M0 CACHE\n.* 10 +64 +0\n.* 10\n");
  }

  @Test
  @SuppressWarnings("unchecked")
  void asJsonItHasAllKeys() {
    try (HostSession session = session()) {
      Map<String, Object> json = HostReport.of(session).json();
      assertThat(json).containsOnlyKeys("vms", "machine", "nanos");
      assertThat((Map<String, Object>) json.get("machine"))
          .containsOnlyKeys(
              "frames",
              "free",
              "guest",
              "tables",
              "cache",
              "reserve",
              "state",
              "saved",
              "pagesShared",
              "pagesSharing",
              "scan");
      Map<String, Object> vm =
          ((List<Map<String, Object>>) Objects.requireNonNull(json.get("vms"))).getFirst();
      assertThat(vm.keySet())
          .startsWith(
              "name",
              "state",
              "paging",
              "configured",
              "private",
              "shared",
              "zero",
              "swapped",
              "ballooned",
              "unpopulated",
              "cache",
              "target",
              "active",
              "min",
              "max",
              "shares");
    }
  }
}
