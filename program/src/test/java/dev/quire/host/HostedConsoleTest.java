package dev.quire.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HostedConsoleTest {
  private static final long LONG = 60_000;

  private final HostedConsole console = new HostedConsole();

  private void print(String text) {
    byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.ISO_8859_1);
    console.accept(bytes, 1, bytes.length - 2);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void eachReaderGetsWhatIsKeptAndThenAllThatComes() throws InterruptedException {
    print("one ");
    HostedConsole.Reader first = console.follow();
    assertThat(text(first.read(0))).isEqualTo("one ");
    assertThat(first.read(1)).isEmpty();
    print("two ");
    HostedConsole.Reader second = console.follow();
    print("three");
    assertThat(text(first.read(LONG))).isEqualTo("two three");
    assertThat(text(second.read(LONG))).isEqualTo("one two three");
    assertThat(text(console.tail())).isEqualTo("one two three");
    assertThat(first.missed() + second.missed()).isZero();
  }

  @Test
  void aSlowReaderMissesTextAndIsToldHowMuch() throws InterruptedException {
    HostedConsole.Reader reader = console.follow();
    StringBuilder all = new StringBuilder();
    for (int i = 0; all.length() < 3 * HostedConsole.SIZE; i++) {
      String line = "line " + i + "\n";
      all.append(line);
      print(line);
    }
    String end = all.substring(all.length() - HostedConsole.SIZE);
    assertThat(text(console.tail())).isEqualTo(end);
    assertThat(text(reader.read(LONG))).isEqualTo(end);
    assertThat(reader.missed()).isEqualTo(all.length() - HostedConsole.SIZE);
  }

  @Test
  void aReaderWaitsForTextAndForTheEnd() throws Exception {
    HostedConsole.Reader reader = console.follow();
    CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> waitFor(reader));
    print("x");
    assertThat(text(read.get(1, TimeUnit.MINUTES))).isEqualTo("x");
    CompletableFuture<byte[]> last = CompletableFuture.supplyAsync(() -> waitFor(reader));
    console.close();
    assertThat(last.get(1, TimeUnit.MINUTES)).isEmpty();
    assertThat(console.closed()).isTrue();
    assertThat(console.type(new byte[] {'x'})).isFalse();
  }

  private static byte[] waitFor(HostedConsole.Reader reader) {
    try {
      return reader.read(LONG);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
