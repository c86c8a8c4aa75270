package dev.quire.host;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where guests' pages go that have no room in the machine's memory: {@code swap} and {@code
 * swap_latency} of {@code [manager]}.
 *
 * @param on false if pages never go to a file
 * @param file the swap file, in a folder that exists; null for a file without a name in the folder
 *     for temporary files
 * @param latencyNanos how long one page takes to come back, in nanoseconds of a guest's time; only
 *     where instructions are counted, since a host's file takes what it takes
 */
public record SwapConfig(boolean on, @Nullable Path file, long latencyNanos) {
  static SwapConfig from(Section section) {
    long latency = section.time("swap_latency", "100us");
    if (section.string("swap", "").equals("off")) {
      return new SwapConfig(false, null, latency);
    }
    Path file = section.path("swap");
    if (file != null && (Files.isDirectory(file) || !Files.isDirectory(file.resolveSibling("")))) {
      throw section.mistake(
          "swap", "%s cannot be the swap file: name a file in a folder that exists.", file);
    }
    return new SwapConfig(true, file, latency);
  }
}
