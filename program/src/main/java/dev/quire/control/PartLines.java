package dev.quire.control;

import dev.quire.run.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Parts of a stream as lines, each a JSON object or empty, sent at once. */
final class PartLines implements Streamed.Parts {
  private final OutputStream out;
  private final WriteLimit limit;

  PartLines(OutputStream out, WriteLimit limit) {
    this.out = out;
    this.limit = limit;
  }

  @Override
  public void part(Object value) throws IOException {
    line(Json.writeLine(value));
  }

  @Override
  public void nothing() throws IOException {
    line("\n");
  }

  /** The last part: why there are no more. */
  void error(String sentence) throws IOException {
    part(Map.of("error", sentence));
  }

  private void line(String line) throws IOException {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    limit.write(
        () -> {
          out.write(bytes);
          out.flush();
        });
  }
}
