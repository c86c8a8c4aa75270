package dev.quire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProgressBarTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();

  private ProgressBar bar(boolean terminal) {
    return new ProgressBar(
        new PrintStream(written, true, StandardCharsets.UTF_8), terminal, clock::get);
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }

  @Test
  void onATerminalTheLineIsRedrawnWithRateAndTimeLeft() {
    ProgressBar bar = bar(true);
    bar.start("kernel", 0, 100_000_000);
    clock.set(1_000_000_000);
    bar.advance(25_000_000);
    assertThat(text())
        .endsWith(
            "\rkernel [######------------------] 25.0 of 100.0 MB, 25.0 MB/s, 3 s left\033[K");
    bar.end();
    assertThat(text()).endsWith("\n");
  }

  @Test
  void elsewhereAPlainLineNowAndThen() {
    ProgressBar bar = bar(false);
    bar.start("kernel", 0, 400_000_000);
    for (int second = 1; second <= 4; second++) {
      clock.set(second * 1_000_000_000L);
      bar.advance(1_000_000);
    }
    assertThat(text().lines()).containsExactly("kernel: 3.0 of 400.0 MB, 1.0 MB/s, 6:37 min left");
  }

  @Test
  void resumedBytesDoNotCountForTheRate() {
    ProgressBar bar = bar(false);
    bar.start("kernel", 50_000_000, 100_000_000);
    clock.set(10_000_000_000L);
    bar.advance(50_000_000);
    assertThat(text()).startsWith("kernel: 100.0 of 100.0 MB, 5.0 MB/s, 10 s");
  }

  @Test
  void smallFilesAreCountedInKilobytes() {
    ProgressBar bar = bar(false);
    bar.start("small", 0, 12_345);
    clock.set(1_000_000_000);
    bar.advance(12_345);
    bar.end();
    assertThat(text()).contains("small: 12.3 of 12.3 kB");
  }
}
