package dev.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quire.run.Json;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real guest with a name, asked by the commands that a user types elsewhere. */
@Timeout(300)
class ControlGuestTest {
  private static final String KERNEL = "ffffffff80000000";
  private static final String NAME = "test-" + ProcessHandle.current().pid();

  /** What a command of the client gives. */
  private record Asked(int status, String out, String err) {}

  private static Asked ask(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Asked(status, out.toString(), err.toString());
  }

  /** Asks until the answer is as wanted: the guest takes its time. */
  private static Asked askUntil(Predicate<Asked> wanted, String... words)
      throws InterruptedException {
    Asked asked = ask(words);
    while (!wanted.test(asked)) {
      Thread.sleep(100);
      asked = ask(words);
    }
    return asked;
  }

  private static void type(PipedOutputStream keyboard, String line) throws IOException {
    keyboard.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    keyboard.flush();
  }

  /** Its counters and tables, from outside and while it runs. */
  private static void shows() throws InterruptedException {
    askUntil(asked -> number(asked, "instructions") > 100_000_000, "stats", NAME, "--json");
    assertThat(ask("stats", NAME).out()).contains("instructions", "walks", "frames used");
    Asked walk = ask("walk", NAME, KERNEL, "--json");
    assertThat(Json.readObject(walk.out())).containsEntry("gva", "0x" + KERNEL);
    assertThat(ask("walk", NAME, KERNEL, "--cpu", "0").out()).contains("V2P", "P2M");
    assertThat(ask("tables", NAME).out()).contains("V2P", "P2M", " smaller range");
    assertThat(ask("tables", NAME, "--ranges", "100000").out()).doesNotContain(" smaller range");
    assertThat(Json.readObject(ask("tables", NAME, "--json").out())).containsKey("tables");
    Asked wrong = ask("walk", NAME, KERNEL, "--cpu", "1");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).isEqualTo("--cpu 1 is not possible: 0 to 0 are.\n");
    assertThat(ask("walk", NAME, "here").err()).startsWith("'here' is not an address");
  }

  /** The paging method, there and back. */
  private static void changes() {
    assertThat(ask("paging", NAME, "shadow").out()).isEqualTo("shadow-unsync\n");
    assertThat(ask("walk", NAME, KERNEL).out()).contains("V2M");
    assertThat(ask("paging", NAME, "shadow", "--shadow", "eager").out())
        .isEqualTo("shadow-eager\n");
    Asked wrong = ask("paging", NAME, "native");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).contains("cannot").doesNotContain("\n.");
    assertThat(ask("paging", NAME, "nested").out()).isEqualTo("nested\n");
  }

  /** A new machine, whose counters begin again; it takes what is typed once it runs. */
  private static void restarts(PipedOutputStream keyboard)
      throws IOException, InterruptedException {
    long before = number(ask("stats", NAME, "--json"), "instructions");
    type(keyboard, "reboot");
    Predicate<Asked> isNew =
        asked -> {
          long count = number(asked, "instructions");
          return count > 10_000_000 && count < before;
        };
    askUntil(isNew, "stats", NAME, "--json");
  }

  private static long number(Asked asked, String key) {
    return asked.status() == 0 && Json.readObject(asked.out()).get(key) instanceof Number number
        ? number.longValue()
        : 0;
  }

  @Test
  void aGuestWithANameIsAsked() throws Exception {
    PipedInputStream typed = new PipedInputStream();
    try (PipedOutputStream keyboard = new PipedOutputStream(typed)) {
      CompletableFuture<GuestCommand> guest =
          CompletableFuture.supplyAsync(
              () -> GuestCommand.runTyping(typed, "--name", NAME, "--clock", "host"));
      assertThat(askUntil(asked -> asked.status() == 0, "paging", NAME).out())
          .isEqualTo("nested\n");
      assertThat(Json.readObject(ask("paging", NAME, "--json").out()))
          .containsEntry("paging", "nested");
      assertThat(ask("ps").out()).containsPattern(NAME + " +[0-9]+ +nested");
      assertThat(ask("ps", "--json").out()).contains("\"name\": \"" + NAME + "\"");
      GuestCommand second = GuestCommand.run("--name", NAME);
      assertThat(second.status()).isEqualTo(2);
      assertThat(second.errors()).contains("A guest called " + NAME + " runs already");
      shows();
      changes();
      restarts(keyboard);
      type(keyboard, "poweroff");
      GuestCommand ended = guest.get(200, TimeUnit.SECONDS);
      assertThat(ended.status()).as(ended.errors()).isZero();
    }
    Asked asked = ask("paging", NAME);
    assertThat(asked.status()).isEqualTo(2);
    assertThat(asked.err()).contains("There is no guest called " + NAME);
  }
}
