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
      type(keyboard, "poweroff");
      GuestCommand ended = guest.get(200, TimeUnit.SECONDS);
      assertThat(ended.status()).as(ended.errors()).isZero();
    }
    Asked asked = ask("paging", NAME);
    assertThat(asked.status()).isEqualTo(2);
    assertThat(asked.err()).contains("There is no guest called " + NAME);
  }
}
