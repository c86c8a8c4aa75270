package dev.quire.style;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All Java files of all modules. */
final class Sources {
  private static final List<String> MODULES = List.of("machine", "monitor", "program", "bench");

  private Sources() {}

  /** The repository's root: Maven runs tests in their module's folder. */
  static Path root() {
    return Path.of("").toAbsolutePath().getParent();
  }

  static List<Path> all() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(root().resolve(module, "src"))) {
        files.filter(path -> path.toString().endsWith(".java")).sorted().forEach(sources::add);
      }
    }
    return sources;
  }

  /** As one reads it in a message. */
  static String name(Path source) {
    return root().relativize(source).toString();
  }
}
