package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.GuestFile;
import dev.quire.monitor.memory.GuestMemory;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.monitor.sharing.ScanCounters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Guests that all write the same. */
class HostSharingTest {
  /** Numbers every page of 5 MiB on and on, rests for 20 ms, and begins again. */
  private static final int[] NUMBER_PAGES = {
    0x00000393, // li t2, 0
    0x00000013, // nop
    0x00200297, // start: auipc t0, 0x200
    0x00700317, // auipc t1, 0x700
    0x00001e37, // lui t3, 1
    0x0072b023, // page: sd t2, 0(t0)
    0x00138393, // addi t2, t2, 1
    0x01c282b3, // add t0, t0, t3
    0xfe62eae3, // bltu t0, t1, page
    0x00989eb7, // lui t4, 2441
    0xfffe8e93, // rest: addi t4, t4, -1
    0xfe0e9ee3, // bnez t4, rest
    0xfd9ff06f, // j start
  };

  /** Enough for all that they write, or only if they share. */
  private static final String LARGE = "28M";

  private static final String SMALL = "16M";

  private static final int PAGES = 1281;

  /** Those that do not hold the device tree at first. */
  private static final int BEFORE_TREE = 1024;

  private static final long MILLIS = 1_000_000;

  private static final String GUEST =
      """
      [[vm]]
      name = "%s"
      memory = "10M"
      min = "2M"
      group = "%s"
      """;

  private static final String HOST =
      """
      [machine]
      memory = "%s"
      clock = "instructions"
      [manager]
      sharing = "%s"
      scan_rate = 1_000_000
      """
          + GUEST.formatted("first", "g")
          + GUEST.formatted("second", "g")
          + GUEST.formatted("third", "g")
          + GUEST.formatted("loner", "loner");

  /** What was seen every 10 ms. */
  private record Run(List<HostReport> moments, ScanCounters scan) {
    HostReport last() {
      return moments.getLast();
    }
  }

  private static Run run(String sharing, String memory) {
    ByteBuffer program =
        ByteBuffer.allocate(4 * NUMBER_PAGES.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int instruction : NUMBER_PAGES) {
      program.putInt(instruction);
    }
    HostSession.Boot boot = new HostSession.Boot(new GuestFile("number", program.array()), null);
    HostConfig config = HostFile.parse(HOST.formatted(memory, sharing), "host.toml", Path.of(""));
    List<HostReport> moments = new ArrayList<>();
    try (HostSession session = new HostSession(config, vm -> boot)) {
      for (int i = 1; i <= 15; i++) {
        session.clock().schedule(i * 10 * MILLIS, () -> look(session, moments));
      }
      session.clock().schedule(151 * MILLIS, () -> session.clock().stop());
      session.run();
      return new Run(moments, session.manager().scanned());
    }
  }

  private static void look(HostSession session, List<HostReport> moments) {
    moments.add(HostReport.of(session));
    byte[] page = new byte[4096];
    for (HostedVm vm : session.vms()) {
      GuestMemory memory = Objects.requireNonNull(vm.vm()).memory();
      long first = (memory.base() >>> 12) + 0x400; // the program lies at 2 MiB
      for (int i = 0; i < BEFORE_TREE; i++) {
        memory.peek(first + i, page);
        long number = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
        assertThat(number % PAGES).as("page %d of %s", i, vm.name()).isIn((long) i, 0L);
      }
    }
  }

  @Test
  void equalPagesOfAGroupAreShared() {
    Run run = run("group", LARGE);
    run.moments().forEach(HostSharingTest::addsUp);
    long saved = 0;
    for (HostReport moment : run.moments()) {
      saved = Math.max(saved, moment.machine().saved());
    }
    assertThat(saved >> 20).as("MiB of three times 5").isBetween(8L, 10L);
    HostReport last = run.last();
    assertThat(last.vms().getLast().memory().shared()).isZero();
    assertThat(last.topText()).contains("sharing: ", " saved; ");
    long left = 0;
    for (HostReport.Vm vm : last.vms()) {
      left += vm.traffic().breaks() + vm.traffic().reused();
    }
    assertThat(left).isGreaterThan(PAGES);
    assertThat(last.pagesShared() + last.pagesSharing())
        .isEqualTo(last.scan().promoted() + last.scan().merged() - left);
    assertThat(progress(run)).as("no guest notices").isEqualTo(progress(run("off", LARGE)));
  }

  /** How far each guest was at each moment. */
  private static List<List<Long>> progress(Run run) {
    return run.moments().stream()
        .map(moment -> moment.vms().stream().map(HostReport.Vm::instructions).toList())
        .toList();
  }

  @Test
  void whenAllIsWrittenAtOnceThereIsSwapAndNobodyStandsStillForEver() {
    Run run = run("group", SMALL);
    run.moments().forEach(HostSharingTest::addsUp);
    assertThat(run.moments()).anyMatch(moment -> moment.machine().saved() > 0);
    for (HostReport.Vm vm : run.last().vms()) {
      assertThat(vm.traffic().swappedIn()).as(vm.name()).isPositive();
      assertThat(vm.instructions()).as(vm.name()).isGreaterThan(20_000_000);
    }
    Run other = run("group", SMALL);
    assertThat(other.moments()).as("on the instruction clock it repeats").isEqualTo(run.moments());
    assertThat(other.scan()).isEqualTo(run.scan());
  }

  @Test
  void zeroOnlyAndOffShareNothing() {
    Run zeroOnly = run("zero-only", SMALL);
    assertThat(zeroOnly.moments()).allMatch(moment -> moment.machine().saved() == 0);
    assertThat(zeroOnly.scan().passes()).isPositive();
    Run off = run("off", SMALL);
    assertThat(off.moments()).allMatch(moment -> moment.machine().saved() == 0);
    assertThat(off.scan()).isEqualTo(ScanCounters.NONE);
    assertThat(off.last().vms()).anyMatch(vm -> vm.traffic().swappedOut() > 0);
  }

  private static void addsUp(HostReport report) {
    MachineSnapshot machine = report.machine();
    long held = 0;
    for (HostReport.Vm vm : report.vms()) {
      VmSnapshot memory = vm.memory();
      held += memory.held();
      assertThat(memory.held() + memory.swapped() + memory.ballooned() + memory.unpopulated())
          .isEqualTo(memory.configured());
    }
    assertThat(machine.guest()).isEqualTo(held - machine.saved());
    assertThat(machine.free() + machine.guest() + machine.tables() + machine.reserve())
        .isEqualTo(machine.total());
  }
}
