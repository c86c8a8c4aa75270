package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quire.machine.board.PowerControl;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.VirtualMachine;
import dev.quire.run.AgentChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commands in a real guest, one after the other. */
class AgentChannelGuestTest {
  private static final long LATER_NANOS = 500_000_000;

  /** All that happened, as lines. */
  private final List<String> log = new ArrayList<>();

  private final AgentChannel agent = new AgentChannel(7);
  private final HostedConsole console = new HostedConsole();

  private final class Logged implements AgentChannel.Follower {
    private final String name;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    Logged(String name) {
      this.name = name;
    }

    @Override
    public void begun() {
      log.add(name + " begins");
    }

    @Override
    public void printed(byte[] bytes) {
      output.writeBytes(bytes);
    }

    @Override
    public void ended(int status) {
      log.add(name + " " + status + " " + output.toString(StandardCharsets.UTF_8).strip());
    }

    @Override
    public void lost() {
      log.add(name + " lost");
    }
  }

  private AgentChannel.Command submit(String name, String command) {
    return agent.submit(command, new Logged(name));
  }

  /** A command that is submitted while none runs, and the end of the guest. */
  private void later(VirtualMachine vm) {
    submit("f", "echo typed into $(cat /tmp/typed)");
    vm.clock().schedule(LATER_NANOS, () -> end(vm));
  }

  private void end(VirtualMachine vm) {
    submit("g", "sleep 1; echo last");
    submit("h", "echo never");
    vm.clock()
        .schedule(
            LATER_NANOS,
            () -> {
              agent.powerOff();
              submit("i", "echo too late");
            });
  }

  /** Returns the request that ended the guest and its instructions. */
  private String run() throws IOException {
    try (VirtualMachine vm = new VirtualMachine(DebianGuest.config(), console, agent.port())) {
      agent.connect(vm, () -> log.add("ready"));
      console.connect(vm, agent::ready);
      assertThat(console.type("echo a guest > /tmp/typed\r".getBytes(StandardCharsets.UTF_8)))
          .isTrue();
      submit("a", "echo out; echo err >&2; exit 3");
      AgentChannel.Command cancelled = submit("b", "echo never");
      String file = agent.background("sleep 0.1; echo it\\'s \"done\"; sleep 1000");
      submit("c", "true");
      submit("d", "sleep 0.3; cat " + file);
      submit("e", "kill -9 $$");
      assertThat(cancelled.cancel()).isTrue();
      assertThat(cancelled.cancel()).isFalse();
      assertThatThrownBy(() -> submit("x", "a\0b")).isInstanceOf(UserError.class);
      vm.clock().schedule(3_000_000_000L, () -> later(vm));
      PowerControl.Request request = vm.run();
      agent.disconnect();
      return request + " after " + vm.instructions();
    }
  }

  @Test
  void commandsRunInOrderAndRunsRepeat() throws IOException {
    String end = run();
    assertThat(end).contains("OFF");
    assertThat(log)
        .containsExactly(
            "ready",
            "a begins",
            "a 3 out\nerr",
            "c begins",
            "c 0 ",
            "d begins",
            "d 0 it's done",
            "e begins",
            "e 137 Killed",
            "f begins",
            "f 0 typed into a guest",
            "g begins",
            "h lost",
            "i lost",
            "g 0 last");
    AgentChannelGuestTest again = new AgentChannelGuestTest();
    assertThat(again.run()).isEqualTo(end);
    assertThat(again.log).isEqualTo(log);
    assertThat(again.console.tail()).isEqualTo(console.tail());
  }
}
