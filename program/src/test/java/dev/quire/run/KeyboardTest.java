package dev.quire.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KeyboardTest {
  private final ByteArrayOutputStream guest = new ByteArrayOutputStream();
  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final AtomicInteger quits = new AtomicInteger();

  private static final class Answers implements Keyboard.Prompt {
    @Override
    public String help() {
      return "look  looks\n";
    }

    @Override
    public String answer(String line) {
      return "answer to " + line + "\nsecond line\n";
    }
  }

  private void type(String keys, boolean terminal) throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    Keyboard keyboard =
        new Keyboard(
            new ByteArrayInputStream(keys.getBytes(StandardCharsets.ISO_8859_1)),
            new PrintStream(screen, true, StandardCharsets.ISO_8859_1),
            terminal,
            new Answers());
    keyboard.connect(new Keyboard.Guest(guest::write, ended::countDown, quits::incrementAndGet));
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private String typedToGuest() {
    return guest.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void everyKeyOfATerminalGoesToTheGuest() throws InterruptedException {
    type("ls\r\3\4\u007f\u00e9", true);
    assertThat(typedToGuest()).isEqualTo("ls\r\3\4\u007f\u00e9");
    assertThat(screen.size()).isZero();
  }

  @Test
  void thePromptTakesItsCommands() throws InterruptedException {
    type("a\u001dhelp\rlook 1\rx\bq\rstill\u001d\r", true);
    assertThat(screen.toString(StandardCharsets.ISO_8859_1))
        .containsPattern("quire> help\r\n(.*\r\n)+Enter +back to the guest\r\n")
        .contains("\r\nlook  looks\r\nquire> ")
        .contains("quire> look 1\r\nanswer to look 1\r\nsecond line\r\nquire> ");
    assertThat(quits).hasValue(1);
    assertThat(typedToGuest()).startsWith("a").doesNotContain("help");
  }

  @Test
  void enterGoesBackAndTwiceTheEscapeSendsIt() throws InterruptedException {
    type("\u001d\rone\u001d\u001dtwo", true);
    assertThat(typedToGuest()).isEqualTo("one\u001dtwo");
    assertThat(quits).hasValue(0);
  }

  @Test
  void whatIsNoTerminalHasNoPromptButAnEnd() throws InterruptedException {
    type("a\u001dq\n", false);
    assertThat(typedToGuest()).isEqualTo("a\u001dq\n\4");
    assertThat(quits).hasValue(0);
  }

  @Test
  void nothingTypedNothingEnded() throws InterruptedException {
    type("", false);
    assertThat(guest.size()).isZero();
  }
}
