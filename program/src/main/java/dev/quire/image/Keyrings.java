package dev.quire.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds the Debian archive's public keys as installed on this machine. */
final class Keyrings {
  private Keyrings() {}

  /**
   * The files that hold them, binary or armored: the whole keyring if it is there, else the keys
   * one by one. Empty if nothing is installed.
   */
  static List<Path> find(Path shareDirectory, Path aptDirectory) {
    for (String ending : List.of("gpg", "pgp")) {
      Path whole = shareDirectory.resolve("debian-archive-keyring." + ending);
      if (Files.isReadable(whole)) {
        return List.of(whole);
      }
    }
    List<Path> single = keysIn(shareDirectory);
    return single.isEmpty() ? keysIn(aptDirectory.resolve("trusted.gpg.d")) : single;
  }

  private static List<Path> keysIn(Path directory) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> keys =
        Files.newDirectoryStream(directory, "debian-archive-*.{gpg,pgp,asc}")) {
      for (Path key : keys) {
        if (Files.isReadable(key) && !key.getFileName().toString().contains("removed")) {
          found.add(key);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    Collections.sort(found);
    return found;
  }
}
