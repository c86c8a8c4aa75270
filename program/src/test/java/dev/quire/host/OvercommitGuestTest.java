package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.monitor.manager.ManagedVm;
import dev.quire.monitor.memory.PageTraffic;
import dev.quire.monitor.policy.MachineSnapshot;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.VmSnapshot;
import dev.quire.run.AgentChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Real guests that together have more memory than the machine, each writing patterns and verifying
 * them while its memory comes and goes. No byte may be wrong, and no guest may notice.
 */
class OvercommitGuestTest {
  private static final Pattern RESULT =
      Pattern.compile("pattern: passes (\\d+), verified (\\d+) bytes, wrong (\\d+) bytes");

  private final Map<String, String> outputs = new HashMap<>();
  private final List<String> errors = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"nested, 2"})
  @Timeout(value = 600, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void patternsSurvive(String paging, int passes) throws IOException {
    StringBuilder file =
        new StringBuilder("[machine]\nmemory = \"288M\"\n[manager]\nperiod = \"500ms\"\n");
    for (int i = 1; i <= 4; i++) {
      file.append(
          """
          [[vm]]
          name = "g%d"
          memory = "128M"
          paging = "%s"
          balloon = false
          append = "cryptomgr.notests=1"
          """
              .formatted(i, paging));
    }
    HostConfig config = HostFile.parse(file.toString(), "host.toml", Path.of(""));
    HostSession.Boot boot = DebianGuest.boot();
    Map<String, PageTraffic> traffic = new HashMap<>();
    try (HostSession session = new HostSession(config, entry -> boot)) {
      session.recordTo((snapshot, targets) -> check(snapshot));
      session.clock().schedule(1_000_000_000, () -> begin(session, passes));
      session.clock().schedule(1_000_000_000, () -> show(session, traffic));
      session.run();
      session
          .events()
          .since(0)
          .forEach(e -> System.out.println(e.nanos() / 1000000 + " " + e.text()));
    }
    System.out.println(traffic);
    System.out.println(outputs);
    assertThat(errors).isEmpty();
  }

  private void show(HostSession session, Map<String, PageTraffic> traffic) {
    for (HostedVm vm : session.vms()) {
      ManagedVm managed = session.managed(vm.name());
      if (managed != null) {
        traffic.put(vm.name(), managed.vm().memory().traffic());
      }
    }
    Snapshot shot = session.manager().snapshot();
    StringBuilder line = new StringBuilder();
    line.append(shot.nanos() / 1000000)
        .append(' ')
        .append(shot.machine().state())
        .append(" free ")
        .append(shot.machine().free() >> 20)
        .append(" tables ")
        .append(shot.machine().tables() >> 10)
        .append("K");
    for (VmSnapshot vm : shot.vms()) {
      line.append(" | ")
          .append(vm.name())
          .append(" held ")
          .append(vm.held() >> 20)
          .append(" swp ")
          .append(vm.swapped() >> 20)
          .append(" bal ")
          .append(vm.ballooned() >> 20)
          .append(" tgt ")
          .append(vm.target() >> 20)
          .append(" f ")
          .append(Math.round(vm.activeFraction() * 100));
    }
    System.out.println(line);
    session.clock().schedule(1_000_000_000, () -> show(session, traffic));
  }

  /** Every guest that is up begins, once; when all have ended, the host stops. */
  private void begin(HostSession session, int passes) {
    boolean allUp = session.vms().stream().allMatch(vm -> vm.state() == VmState.RUNNING);
    if (!allUp) {
      session.clock().schedule(1_000_000_000, () -> begin(session, passes));
      return;
    }
    System.out.println("all up");
    for (HostedVm vm : session.vms()) {
      StringBuilder output = new StringBuilder();
      vm.agent()
          .submit(
              "pattern 24 --passes " + passes + " --seed " + vm.name().charAt(1),
              new AgentChannel.Follower() {
                @Override
                public void printed(byte[] bytes) {
                  output.append(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
                }

                @Override
                public void ended(int status) {
                  session
                      .clock()
                      .post(() -> done(session, vm.name(), output + " status " + status));
                }

                @Override
                public void lost() {
                  session.clock().post(() -> done(session, vm.name(), output + " lost"));
                }
              });
    }
  }

  private void done(HostSession session, String name, String output) {
    outputs.put(name, output);
    Matcher matcher = RESULT.matcher(output);
    if (!matcher.find() || !matcher.group(3).equals("0")) {
      errors.add(name + ": " + output);
    }
    if (outputs.size() == session.vms().size()) {
      session.stop();
    }
  }

  /** Invariant 9. */
  private void check(Snapshot snapshot) {
    MachineSnapshot machine = snapshot.machine();
    long guest = 0;
    for (VmSnapshot vm : snapshot.vms()) {
      long sum = vm.privateBytes() + vm.shared() + vm.swapped() + vm.ballooned() + vm.unpopulated();
      if (sum != vm.configured()) {
        errors.add(vm.toString());
      }
      guest += vm.privateBytes();
    }
    long sum =
        machine.free() + machine.guest() + machine.tables() + machine.cache() + machine.reserve();
    if (sum != machine.total() || guest != machine.guest()) {
      errors.add(machine + " guest " + guest);
    }
  }
}
