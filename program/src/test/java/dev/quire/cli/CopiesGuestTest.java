package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.control.ControlServer;
import dev.quire.host.DebianGuest;
import dev.quire.host.HostControl;
import dev.quire.host.HostFile;
import dev.quire.host.HostSession;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real guests that are cloned, saved and restored by the commands that a user types. */
@Timeout(300)
class CopiesGuestTest {
  private static final String HOST = "test-copies-" + ProcessHandle.current().pid();
  private static final String FORKED = "crng reseeded due to virtual machine fork";

  @TempDir private Path folder = Path.of("");

  /** What a command of the client gives. */
  private record Asked(int status, String out, String err) {}

  private static Asked ask(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Asked(status, out.toString(), err.toString());
  }

  /** What a command prints that may not fail. */
  private static String out(String... words) {
    Asked asked = ask(words);
    assertThat(asked.status()).as(asked.err()).isZero();
    return asked.out();
  }

  /** What a command in a guest prints that may not fail. */
  private static String in(String vm, String command) {
    Asked asked = ask("exec", HOST + "/" + vm, "--json", "--", command);
    assertThat(asked.status()).as(command + ": " + asked).isZero();
    return String.valueOf(Json.readObject(asked.out()).get("output")).strip();
  }

  private static double uptime(String vm) {
    return Double.parseDouble(in(vm, "cut -d ' ' -f 1 /proc/uptime"));
  }

  private static HostSession session(String clock) throws IOException {
    return session(clock, 128, "");
  }

  /** {@code more} keys of the guest with so many MiB. */
  private static HostSession session(String clock, int mib, String more) throws IOException {
    String file =
        """
        [machine]
        memory = "512M"
        clock = "%s"
        [[vm]]
        name = "web"
        memory = "%dM"
        append = "%s"
        %s
        """
            .formatted(clock, mib, GuestCommand.FAST_BOOT, more);
    HostSession.Boot boot =
        more.isEmpty() ? DebianGuest.boot(mib << 20) : DebianGuest.bootToSwap(mib << 20);
    return new HostSession(HostFile.parse(file, "host.toml", Path.of("")), vm -> boot);
  }

  private static void onThread(Runnable task) {
    Thread.ofPlatform().daemon().start(task);
  }

  private static void run(String clock, Runnable story) throws IOException {
    run(
        session(clock),
        () -> {
          in("web", "yes pattern | head -c 2000000 > /tmp/pattern; md5sum </tmp/pattern >/tmp/sum");
          story.run();
        });
  }

  private static void run(HostSession made, Runnable story) {
    try (HostSession session = made;
        ControlServer _ = HostControl.open(session, HOST, 0)) {
      CompletableFuture<Void> end =
          CompletableFuture.runAsync(session::run, CopiesGuestTest::onThread);
      try {
        story.run();
      } finally {
        session.cut();
        end.join();
      }
    }
  }

  private static void hasItsPattern(String vm) {
    assertThat(in(vm, "md5sum < /tmp/pattern | cmp - /tmp/sum && echo same")).isEqualTo("same");
  }

  // ---- clones --------------------------------------------------------------------------------

  private static void theyGoOnByThemselves() {
    double before = uptime("web");
    assertThat(out("clone", HOST + "/web", "--count", "2"))
        .matches("(web-[12] is a clone of web: \\d+ MiB shared in [0-9.]+ ms\\.\n){2}");
    assertThat(out("ps", "--host", HOST)).containsPattern("web-1 +running");
    for (String vm : new String[] {"web-2", "web-1", "web"}) {
      hasItsPattern(vm);
      assertThat(in(vm, "echo " + vm + " > /tmp/own; sleep 0.1; cat /tmp/own")).isEqualTo(vm);
      assertThat(uptime(vm)).isGreaterThan(before);
    }
    assertThat(in("web-1", "cat /tmp/own")).isEqualTo("web-1");
    assertThat(in("web", "cat /tmp/own; dmesg")).startsWith("web\n").doesNotContain(FORKED);
    assertThat(in("web-2", "cat /tmp/own; dmesg")).startsWith("web-2\n").contains(FORKED);
  }

  /** What is written in one does not show in the others, which share the rest. */
  private static void whatOneWritesIsItsOwn() {
    assertThat(in("web-1", "yes other | head -c 2000000 > /tmp/pattern; echo done"))
        .isEqualTo("done");
    hasItsPattern("web");
    hasItsPattern("web-2");
    assertThat(in("web-1", "head -n 1 /tmp/pattern")).isEqualTo("other");
    String number = "head -c 16 /dev/urandom | md5sum";
    assertThat(in("web-1", number)).isNotEqualTo(in("web-2", number));
  }

  private static void aCloneIsClonedStoppedAndBooted() {
    assertThat(out("clone", HOST + "/web-1", "--name", "web")).startsWith("web-3 is a clone of");
    assertThat(in("web-3", "head -n 1 /tmp/pattern")).isEqualTo("other");
    assertThat(out("stop", HOST + "/web-1")).isEqualTo("web-1 is stopped.\n");
    assertThat(out("start", HOST + "/web-1")).contains("starting");
    assertThat(in("web-1", "ls /tmp")).doesNotContain("pattern");
    assertThat(in("web-3", "head -n 1 /tmp/pattern")).isEqualTo("other");
  }

  /** Nobody hears the rest of it in the clone, which takes other commands afterwards. */
  private static void aCommandMayRunMeanwhile() {
    CompletableFuture<String> web =
        CompletableFuture.supplyAsync(
            () -> in("web", "echo begun; touch /tmp/begun; sleep 5; echo ended"),
            CopiesGuestTest::onThread);
    pause(1500);
    assertThat(out("clone", HOST + "/web")).startsWith("web-4 is a clone");
    assertThat(in("web-4", "echo mine")).isEqualTo("mine");
    assertThat(in("web-4", "ls /tmp/begun")).isEqualTo("/tmp/begun");
    assertThat(web.join()).isEqualTo("begun\nended");
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void clonesGoOnByThemselves() throws IOException {
    run(
        "instructions",
        () -> {
          theyGoOnByThemselves();
          whatOneWritesIsItsOwn();
          aCloneIsClonedStoppedAndBooted();
        });
  }

  // ---- saves ---------------------------------------------------------------------------------

  /** Each is what the one before, under another method, has saved. */
  private void isSavedAndRestored() {
    String file = folder.resolve("web.save").toString();
    double before = uptime("web");
    assertThat(out("save", HOST + "/web", file)).startsWith("web is saved to " + file);
    in("web", "echo changed > /tmp/pattern");
    for (String method :
        List.of("protected", "shadow-eager", "shadow-unsync", "shadow-lazy", "nested")) {
      assertThat(
              out("restore", file, "--host", HOST, "--name", "again-" + method, "--paging", method))
          .startsWith("again-" + method + " goes on from " + file);
      String vm = "again-" + method;
      hasItsPattern(vm);
      assertThat(uptime(vm)).isGreaterThan(before);
      assertThat(in(vm, "dmesg")).contains(FORKED);
      assertThat(out("stats", HOST + "/" + vm)).contains(method);
      file = folder.resolve(method + ".save").toString();
      assertThat(out("save", HOST + "/" + vm, file)).contains("is saved to");
      assertThat(out("stop", HOST + "/" + vm, "--now")).contains("stopped");
    }
    Asked taken = ask("restore", file, "--host", HOST);
    assertThat(taken.status()).isEqualTo(2);
    assertThat(taken.err()).contains("There is a guest again-nested already");
  }

  @Test
  void aSavedGuestGoesOnUnderEachMethod() throws IOException {
    run("instructions", this::isSavedAndRestored);
  }

  /** Time is the host's: threads of several guests at once. */
  @Test
  void aCommandRunsWhileItIsCloned() throws IOException {
    run(
        "host",
        () -> {
          out("clone", HOST + "/web", "--count", "3");
          aCommandMayRunMeanwhile();
        });
  }

  // ---- with a disk to swap to ------------------------------------------------------------------

  /** Its program has filled more memory than there is, and is about to verify it. */
  private void whatWasSwappedIsFound() {
    String file = folder.resolve("swapped.save").toString();
    in("web", "pattern 30 --passes 1 --touch 1 --pause 4000 >/tmp/out 2>&1 & sleep 3");
    assertThat(in("web", "tail -n 1 /proc/swaps")).matches("/dev/vda.*\\t\\d{4,}\\t.*");
    out("clone", HOST + "/web");
    out("save", HOST + "/web", file);
    out("restore", file, "--host", HOST, "--name", "again", "--paging", "shadow");
    for (String vm : List.of("web-1", "again", "web")) {
      String done = in(vm, "while ! grep wrong /tmp/out; do sleep 0.2; done");
      assertThat(done).contains("wrong 0 bytes");
      assertThat(out("stats", HOST + "/" + vm))
          .containsPattern("(?m)^swap disk .* [1-9][0-9,]* read");
    }
  }

  @Test
  void whatAGuestHasSwappedIsInItsCopies() throws IOException {
    run(session("instructions", 96, "swap_disk = \"32M\""), this::whatWasSwappedIsFound);
  }
}
