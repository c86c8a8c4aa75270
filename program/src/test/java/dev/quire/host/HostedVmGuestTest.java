package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.CountingMachineClock;
import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.Machine;
import dev.quire.monitor.VirtualMachine;
import dev.quire.monitor.VmConfig;
import dev.quire.monitor.memory.FrameTable;
import dev.quire.run.AgentChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of a real guest on a machine that it could share. */
class HostedVmGuestTest {
  private static final long SECOND = 1_000_000_000;
  private static final String HOST =
      """
      [machine]
      memory = "256M"
      clock = "instructions"
      [[vm]]
      name = "web"
      memory = "128M"
      exec = "echo up > /tmp/exec"
      """;

  private final CountingMachineClock clock = new CountingMachineClock();
  private final Machine machine = Machine.forMany(256 << 20, 0, null, 0);
  private final VmConfig config = DebianGuest.config();
  private final List<String> states = new ArrayList<>();
  private final HostedVm vm = hosted(HOST);
  private PowerControl switchOff = new PowerControl();
  private int commandsLost;

  /** What is to happen when the guest has been started so many times and is RUNNING. */
  private final List<Runnable> whenRunning = new ArrayList<>();

  HostedVmGuestTest() throws IOException {}

  @AfterEach
  void close() {
    machine.close();
  }

  private HostedVm hosted(String host) {
    VmEntry entry = HostFile.parse(host, "host.toml", Path.of("")).vms().getFirst();
    return new HostedVm(
        entry,
        clock,
        (power, computer, console, agent) -> {
          switchOff = power;
          return new VirtualMachine(config, machine, power, computer, console, agent);
        },
        this::changed);
  }

  private void changed(HostedVm changed) {
    VmState state = changed.state();
    states.add(state.word());
    if (state == VmState.RUNNING && !whenRunning.isEmpty()) {
      clock.schedule(SECOND, whenRunning.removeFirst());
    }
    if (!state.exists()) {
      clock.stop();
    }
  }

  private void run() {
    clock.post(vm::start);
    clock.run();
  }

  private String console() {
    return new String(vm.console().tail(), StandardCharsets.UTF_8);
  }

  private void type(String line) {
    assertThat(vm.console().type((line + "\r").getBytes(StandardCharsets.UTF_8))).isTrue();
  }

  @Test
  void aGuestStartsRestartsRebootsAndStopsInOrder() {
    whenRunning.add(vm::restart);
    whenRunning.add(() -> type("cat /tmp/exec; reboot"));
    whenRunning.add(vm::stop);
    run();
    assertThat(states)
        .containsExactly(
            "starting",
            "running",
            "stopping",
            "starting",
            "running",
            "starting",
            "running",
            "stopping",
            "stopped");
    assertThat(vm.reason()).isEmpty();
    assertThat(console()).contains("\r\nup\r\n", "reboot: Power down", "reboot: Restarting");
    assertThat(machine.frames().count(FrameTable.Use.FREE)).isEqualTo(256 << 8);
  }

  @Test
  void aGuestThatDoesNotObeyLosesItsPower() {
    whenRunning.add(
        () -> {
          var _ = vm.agent().submit("kill -STOP $PPID", new Lost());
          clock.schedule(SECOND, vm::stop);
        });
    run();
    assertThat(states).containsExactly("starting", "running", "stopping", "stopped");
    assertThat(vm.reason()).isEqualTo("It did not power off in time: its power was cut.");
    assertThat(commandsLost).isOne();
    assertThat(clock.now()).isBetween(12 * SECOND, 15 * SECOND);
  }

  /** Counts that its command is lost, which must not end. */
  private final class Lost implements AgentChannel.Follower {
    @Override
    public void printed(byte[] bytes) {}

    @Override
    public void ended(int status) {
      throw new AssertionError("status " + status);
    }

    @Override
    public void lost() {
      commandsLost++;
    }
  }

  @Test
  void aPausedGuestStandsStillUntilItGoesOn() {
    whenRunning.add(this::pause);
    run();
    assertThat(states)
        .containsExactly("starting", "running", "paused", "running", "stopping", "stopped");
  }

  private void pause() {
    VirtualMachine now = Objects.requireNonNull(vm.vm());
    long before = now.instructions();
    vm.pause();
    clock.schedule(
        SECOND,
        () -> {
          assertThat(now.instructions()).isEqualTo(before);
          vm.resume();
          vm.stop();
        });
  }

  @Test
  void aGuestThatRestartsBeforeItIsUpHasFailed() {
    clock.schedule(SECOND / 20, () -> switchOff.request(PowerControl.Kind.RESET, 0));
    run();
    assertThat(states).containsExactly("starting", "failed");
    assertThat(vm.reason()).contains("before its agent took commands");
  }

  @Test
  void whatCannotBeIsASentence() {
    assertThatThrownBy(vm::pause)
        .isInstanceOf(UserError.class)
        .hasMessage("The guest web cannot pause: it is stopped.");
    assertThatThrownBy(vm::agent).hasMessage("The guest web cannot take a command: it is stopped.");
    vm.queue("It waits for 64 MiB.");
    assertThat(vm.state()).isEqualTo(VmState.QUEUED);
    assertThat(vm.reason()).isEqualTo("It waits for 64 MiB.");
    vm.stop();
    assertThat(vm.state()).isEqualTo(VmState.STOPPED);
  }

  @Test
  void whatTheFactoryRefusesIsTheReasonOfAFailure() {
    HostedVm refused =
        new HostedVm(
            vm.entry(),
            clock,
            (power, computer, console, agent) -> {
              throw new UserError("There is no disk.");
            },
            changed -> {});
    refused.start();
    assertThat(refused.state()).isEqualTo(VmState.FAILED);
    assertThat(refused.reason()).isEqualTo("There is no disk.");
    assertThat(refused.vm()).isNull();
  }
}
