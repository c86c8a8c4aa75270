package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.control.ControlServer;
import dev.quire.host.DebianGuest;
import dev.quire.host.HostControl;
import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.run.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host with a real guest, asked by the commands that a user types elsewhere. */
@Timeout(300)
class HostControlGuestTest {
  private static final String HOST = "test-host-" + ProcessHandle.current().pid();
  private static final String VM = HOST + "/web";

  /** What a command of the client that may not fail prints. */
  private static String out(String... words) {
    Asked asked = ask(words);
    assertThat(asked.status()).as(asked.err()).isZero();
    return asked.out();
  }

  /** What a command of the client gives. */
  private record Asked(int status, String out, String err) {}

  private static Asked ask(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Asked(status, out.toString(), err.toString());
  }

  private static void commandsRunInTheGuest() {
    Asked seven = ask("exec", VM, "--json", "--", "echo $((6 * 7)); exit 7");
    assertThat(seven.status()).as(seven.err()).isEqualTo(7);
    assertThat(Json.readObject(seven.out()))
        .containsEntry("output", "42\n")
        .containsEntry("status", 7);
    Asked none = ask("exec", VM);
    assertThat(none.status()).isEqualTo(2);
  }

  private static void memoryIsExplainedAndMoved() {
    assertThat(out("why", VM)).contains("idle-tax: 1,000 shares", "the guest obeys");
    assertThat(out("balloon", VM, "16M")).contains("asked for 16.0 MiB");
    assertThat(out("limits", VM, "shares=77", "min=48M"))
        .isEqualTo("web: min 48.0 MiB, max 128.0 MiB, 77 shares.\n");
    assertThat(ask("limits", VM, "min=200M").err()).contains("min <= max");
    assertThat(ask("exec", VM, "--json", "--", "sleep 5").status()).isZero();
    assertThat(Json.readObject(out("why", VM, "--json")).get("balloon"))
        .asString()
        .contains("actual=16777216");
    assertThat(out("paging", VM, "shadow")).isEqualTo("shadow-unsync\n");
    assertThat(out("walk", VM, "ffffffff80000000")).contains("V2M");
    assertThat(out("stats", VM)).contains("shadow-unsync", "balloonedBytes 16,777,216");
  }

  /** Its max holds though memory is free, but for what it touches between two steps. */
  private static void itHoldsNoMoreThanItsMax() {
    assertThat(out("balloon", VM, "auto")).isNotEmpty();
    assertThat(out("limits", VM, "max=50M")).contains("max 50.0 MiB");
    assertThat(ask("exec", VM, "--json", "--", "sleep 3").status()).isZero();
    assertThat(held()).isBetween(30L << 20, 52L << 20);
    assertThat(out("limits", VM, "max=128M")).contains("max 128.0 MiB");
  }

  private static long held() {
    Object vms = Json.readObject(out("ps", "--host", HOST, "--json")).get("vms");
    Map<?, ?> vm = (Map<?, ?>) ((List<?>) Objects.requireNonNull(vms)).getFirst();
    return ((Number) Objects.requireNonNull(vm.get("private"))).longValue();
  }

  private static void itStandsStillWhilePaused() {
    assertThat(out("pause", VM)).isEqualTo("web is paused.\n");
    Asked first = ask("stats", VM, "--json");
    Asked second = ask("stats", VM, "--json");
    assertThat(Json.readObject(second.out()).get("instructions"))
        .isEqualTo(Json.readObject(first.out()).get("instructions"));
    assertThat(out("census", VM, "--json", "--seed", "1"))
        .isEqualTo(out("census", VM, "--json", "--seed", "2"));
    assertThat(out("census", VM)).contains("one VM, 0.0 % between VMs.");
    assertThat(ask("census", VM, "--verify").err()).contains("save them");
    assertThat(out("resume", VM)).isEqualTo("web is running.\n");
  }

  private static void theHostIsShown() {
    assertThat(out("ps", "--host", HOST)).contains("Host " + HOST, "web", "running");
    assertThat(out("ps", "--host", HOST, "--json"))
        .contains("\"host\": \"" + HOST + "\"", "\"machine\"");
    assertThat(out("top", "--host", HOST)).contains("MCTLTGT", "web");
    assertThat(out("stats", "--host", HOST)).contains("web: ", "instructions ");
    assertThat(out("events", "--host", HOST)).contains("web is running.", "as asked.");
  }

  /** What a console shows that {@code typed} is typed to, until the host ends. */
  private static String console(String typed, Runnable meanwhile) {
    InputStream in = System.in;
    PrintStream out = System.out;
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    System.setIn(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)));
    System.setOut(new PrintStream(shown, false, StandardCharsets.UTF_8));
    try {
      CompletableFuture<Asked> console =
          CompletableFuture.supplyAsync(() -> ask("console", VM), HostControlGuestTest::onThread);
      meanwhile.run();
      assertThat(console.join().status()).as(console.join().err()).isZero();
      return shown.toString(StandardCharsets.UTF_8);
    } finally {
      System.setIn(in);
      System.setOut(out);
    }
  }

  private static void theGuestIsManaged() {
    itStandsStillWhilePaused();
    memoryIsExplainedAndMoved();
    itHoldsNoMoreThanItsMax();
    theHostIsShown();
    assertThat(out("stop", VM)).isEqualTo("web is stopped.\n");
  }

  private static void onThread(Runnable task) {
    Thread.ofPlatform().daemon().start(task);
  }

  @Test
  void aGuestOfAHostIsAsked() throws IOException {
    String file =
        """
        [machine]
        memory = "192M"
        clock = "instructions"
        [[vm]]
        name = "web"
        memory = "128M"
        append = "%s"
        """
            .formatted(GuestCommand.FAST_BOOT);
    HostSession.Boot boot = DebianGuest.boot(128 << 20);
    try (HostSession session =
            new HostSession(HostFile.parse(file, "host.toml", Path.of("")), vm -> boot);
        ControlServer _ = HostControl.open(session, HOST, 0)) {
      assertThat(ask("pause", VM).err()).contains("The host is being started");
      CompletableFuture<Void> end =
          CompletableFuture.runAsync(session::run, HostControlGuestTest::onThread);
      try {
        commandsRunInTheGuest();
        String shown = console("echo pi$((1+2))ped\r", HostControlGuestTest::theGuestIsManaged);
        assertThat(shown).contains("pi3ped", "reboot: Power down");
      } finally {
        session.cut();
        end.join();
      }
    }
    assertThat(ask("why", VM).err()).contains("There is no guest called " + VM);
  }
}
