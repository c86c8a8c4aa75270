package dev.quire.control;

import dev.quire.host.HostConfig;
import dev.quire.host.HostControl;
import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.monitor.GuestFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A running host with a guest that sleeps, one that prints x for ever, and a server. */
final class TinyHost implements AutoCloseable {
  private static final int[] SLEEPS = {
    0x10500073, // wfi
    0xffdff06f, // j back
  };
  private static final int[] PRINTS = {
    0x100002b7, // lui t0, 0x10000
    0x07800313, // li t1, 'x'
    0x00628023, // sb t1, (t0)
    0xffdff06f, // j back
  };
  private static final String FILE =
      """
      [machine]
      memory = "64M"
      harts = 1
      [[vm]]
      name = "sleeper"
      memory = "16M"
      [[vm]]
      name = "printer"
      memory = "16M"
      """;

  private static int count;

  final String name = "test-" + ProcessHandle.current().pid() + "-" + ++count;
  final HostSession session;
  final ControlServer server;
  final RawHttp http;

  /** Is done when it has ended. */
  final CompletableFuture<Void> end;

  /** Its server is of the user's own folder. */
  TinyHost() {
    HostConfig config = HostFile.parse(FILE, "host.toml", Path.of(""));
    session =
        new HostSession(
            config,
            vm -> {
              int[] program = vm.name().equals("sleeper") ? SLEEPS : PRINTS;
              return new HostSession.Boot(new GuestFile(vm.name(), bytes(program)), null);
            });
    server = HostControl.open(session, name, 0);
    http = new RawHttp(server);
    end =
        CompletableFuture.runAsync(session::run, task -> Thread.ofPlatform().daemon().start(task));
  }

  private static byte[] bytes(int[] words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      bytes.putInt(word);
    }
    return bytes.array();
  }

  @Override
  public void close() {
    session.cut();
    end.join();
    server.close();
    session.close();
  }
}
