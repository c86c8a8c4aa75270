package dev.quire.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;

/**
 * Quire's own programs that a host's guests find in their initramfs. Their sources, which say what
 * they do, are in {@code src/main/guest}.
 */
public final class GuestPrograms {
  private GuestPrograms() {}

  /** The files by path, such as {@code bin/pattern}, to content; executable. */
  public static Map<String, byte[]> files() {
    return Map.of(
        "bin/pattern", resource("pattern.elf"),
        "bin/toucher", resource("toucher.elf"),
        "bin/reader", resource("reader.elf"));
  }

  private static byte[] resource(String name) {
    try (InputStream in = GuestPrograms.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
