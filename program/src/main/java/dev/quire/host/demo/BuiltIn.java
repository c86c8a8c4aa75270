package dev.quire.host.demo;

import dev.quire.host.HostConfig;
import dev.quire.host.HostFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** Host files that are part of the program. */
final class BuiltIn {
  private BuiltIn() {}

  /**
   * The host of a file.
   *
   * @param folder that paths in it are relative to
   */
  static HostConfig host(String name, Path folder) {
    try (InputStream in = BuiltIn.class.getResourceAsStream(name)) {
      byte[] bytes = Objects.requireNonNull(in, name).readAllBytes();
      return HostFile.parse(new String(bytes, StandardCharsets.UTF_8), name, folder);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
