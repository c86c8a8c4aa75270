package dev.quire.machine.device;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Collects a device's output. */
public final class TextSink implements ByteSink {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Override
  public void accept(byte[] from, int offset, int length) {
    bytes.write(from, offset, length);
  }

  @Override
  public String toString() {
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
