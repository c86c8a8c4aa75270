package dev.quire.run;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Gathers what a command prints, until it has ended or its guest has: UTF-8, and at most 1 MiB, as
 * a guest may print what it likes.
 */
public final class PrintedText implements AgentChannel.Follower {
  private static final int MOST_BYTES = 1 << 20;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Consumer<String> answer;

  /** {@code answer} gets all of it, on the thread that drives the guest. */
  public PrintedText(Consumer<String> answer) {
    this.answer = answer;
  }

  @Override
  public void printed(byte[] text) {
    bytes.write(text, 0, Math.min(text.length, MOST_BYTES - bytes.size()));
  }

  @Override
  public void ended(int status) {
    lost();
  }

  @Override
  public void lost() {
    answer.accept(bytes.toString(StandardCharsets.UTF_8));
  }
}
