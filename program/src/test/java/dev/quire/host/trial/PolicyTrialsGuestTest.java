package dev.quire.host.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.host.DebianGuest;
import dev.quire.host.HostConfig;
import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real guest with proxy memory, managed by several policies. */
class PolicyTrialsGuestTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MEMORY = 192L << 20;
  private static final String HOST =
      """
      [machine]
      memory = "176M"
      clock = "instructions"
      [manager]
      period = "200ms"
      [[vm]]
      name = "a"
      memory = "192M"
      min = "64M"
      append = "cryptomgr.notests=1"
      proxy = "112M"
      proxy_adapts = false
      proxy_check = true
      disk = "disk.img,ro"
      exec = "reader /dev/vda 48 --advice random --check yes --ms 100000"
      [[event]]
      at = "1s"
      vm = "a"
      exec = "echo work 7"
      """;

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void makeDisk() throws IOException {
    try (RandomAccessFile disk = new RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
      disk.setLength(48 << 20);
    }
  }

  private HostConfig host() {
    return HostFile.parse(HOST, "host.toml", folder);
  }

  @Test
  void theSameHostRunsUnderEachPolicyAndRepeats() throws IOException {
    HostSession.Boot boot = DebianGuest.bootWithDisks(MEMORY);
    PolicyTrials trials = new PolicyTrials(host(), List.of("static", "miss-ratio"));
    List<String> told = new ArrayList<>();
    List<Outcome> outcomes = trials.run(2 * SECOND, vm -> boot, told::add);
    assertThat(outcomes).extracting(Outcome::policy).containsExactly("static", "miss-ratio");
    for (Outcome outcome : outcomes) {
      Outcome.Guest all = outcome.all();
      assertThat(all.commands().begun()).isEqualTo(2);
      assertThat(all.commands().ended()).isEqualTo(1);
      assertThat(all.commands().failed()).isZero();
      assertThat(all.commands().work()).isGreaterThan(7);
      assertThat(all.reads()).isPositive().isEqualTo(all.hits() + all.diskReads());
      assertThat(all.hits()).isPositive();
    }
    assertThat(told).contains("static: second 0 of 2", "miss-ratio: second 0 of 2");
    PolicyTrials again = new PolicyTrials(host(), List.of("miss-ratio"));
    assertThat(again.run(2 * SECOND, vm -> boot, told::add)).containsExactly(outcomes.getLast());
  }

  /** What it has done would be lost. */
  @Test
  void aGuestThatEndsIsSaid() throws IOException {
    HostSession.Boot boot = DebianGuest.boot(128 << 20);
    String host =
        """
        [machine]
        memory = "320M"
        clock = "instructions"
        [[vm]]
        name = "a"
        memory = "128M"
        append = "cryptomgr.notests=1"
        [[vm]]
        name = "b"
        memory = "128M"
        append = "cryptomgr.notests=1"
        exec = "poweroff -f"
        """;
    PolicyTrials trials =
        new PolicyTrials(HostFile.parse(host, "host.toml", folder), List.of("static"));
    assertThatThrownBy(() -> trials.run(SECOND, vm -> boot, line -> {}))
        .isInstanceOf(UserError.class)
        .hasMessage("The guest b ended before the time was over under static.");
  }

  /** Also while the balloon takes what M0 leaves, and while the cache fills and gives way. */
  @Test
  void allMemoryIsCountedOnceAndACacheKeepsToWhatTheTargetLeaves() throws IOException {
    HostSession.Boot boot = DebianGuest.bootWithDisks(MEMORY);
    List<Snapshot> seen = new ArrayList<>();
    try (HostSession session = new HostSession(host(), vm -> boot)) {
      session.recordTo((snapshot, targets) -> seen.add(snapshot));
      session.clock().schedule(3 * SECOND, session.clock()::stop);
      session.run();
    }
    for (Snapshot snapshot : seen) {
      MachineSnapshot machine = snapshot.machine();
      VmSnapshot vm = snapshot.vms().getFirst();
      long used = machine.guest() + machine.tables() + machine.cache() + machine.reserve();
      assertThat(machine.free() + used).isEqualTo(machine.total());
      assertThat(vm.cache()).isEqualTo(machine.cache());
      long pages = vm.privateBytes() + vm.shared() + vm.swapped() + vm.ballooned();
      assertThat(pages + vm.unpopulated()).isEqualTo(vm.configured());
      if (vm.cache() > 0) {
        assertThat(vm.cache()).isLessThanOrEqualTo(vm.target() - vm.touchable());
      }
    }
    VmSnapshot last = seen.getLast().vms().getFirst();
    assertThat(last.touchable()).isBetween(112L << 20, 128L << 20);
    assertThat(last.cache()).isPositive();
    assertThat(last.proxy().own()).isEqualTo(112L << 20);
    assertThat(last.proxy().knowsMisses()).isTrue();
  }
}
