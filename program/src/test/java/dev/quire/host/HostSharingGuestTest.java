package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.run.PrintedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Linux guests of one group, and one of another: equal pages are found, and no byte is wrong. */
class HostSharingGuestTest {
  private static final String GUEST =
      """
      [[vm]]
      name = "%s"
      memory = "96M"
      group = "%s"
      paging = "%s"
      append = "cryptomgr.notests=1"
      """;

  private static final String HOST =
      """
      [machine]
      memory = "320M"
      clock = "instructions"
      [manager]
      sharing = "group"
      scan_rate = 200_000
      """
          + GUEST.formatted("first", "g", "nested")
          + GUEST.formatted("second", "g", "shadow")
          + GUEST.formatted("loner", "loner", "nested");

  private static final long LOOK_NANOS = 100_000_000;

  private final Map<String, String> outputs = new TreeMap<>();
  private final List<HostReport> moments = new ArrayList<>();

  @Test
  void equalPagesOfLinuxGuestsAreShared() throws IOException {
    HostSession.Boot boot = DebianGuest.boot(96 << 20);
    HostConfig config = HostFile.parse(HOST, "host.toml", Path.of(""));
    try (HostSession session = new HostSession(config, vm -> boot)) {
      session.clock().schedule(LOOK_NANOS, () -> waitForGuests(session));
      session.run();
    }
    assertThat(outputs.keySet()).containsExactly("first", "loner", "second");
    assertThat(outputs.values())
        .allSatisfy(output -> assertThat(output).contains(", wrong 0 bytes,"));
    HostReport last = moments.getLast();
    assertThat(saved(last) >> 20).as("MiB of kernel and numbers").isGreaterThan(16);
    for (HostReport moment : moments) {
      long shared = moment.vms().stream().mapToLong(vm -> vm.memory().shared()).sum();
      long held = moment.vms().stream().mapToLong(vm -> vm.memory().held()).sum();
      assertThat((moment.pagesShared() + moment.pagesSharing()) << 12).isEqualTo(shared);
      assertThat(moment.machine().guest()).isEqualTo(held - saved(moment));
    }
    long own = last.vms().getLast().memory().shared();
    assertThat(last.vms().getFirst().memory().shared()).isGreaterThan(2 * own);
    assertThat(last.vms().getFirst().traffic().breaks()).isPositive();
  }

  private static long saved(HostReport report) {
    return report.machine().saved();
  }

  private void waitForGuests(HostSession session) {
    if (!session.vms().stream().allMatch(vm -> vm.state() == VmState.RUNNING)) {
      session.clock().schedule(LOOK_NANOS, () -> waitForGuests(session));
      return;
    }
    for (HostedVm vm : session.vms()) {
      String command = "pattern 12 --passes 3 --alike 4 --pause 300 --seed " + vm.name().length();
      vm.agent().submit(command, output(session, vm.name()));
    }
    look(session);
  }

  private void look(HostSession session) {
    moments.add(HostReport.of(session));
    if (outputs.size() == session.vms().size()) {
      session.cut();
    } else {
      session.clock().schedule(LOOK_NANOS, () -> look(session));
    }
  }

  /** Gathers what one guest's program prints. */
  private PrintedText output(HostSession session, String name) {
    return new PrintedText(text -> session.clock().post(() -> outputs.put(name, text)));
  }
}
