package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Debian's sqlite3 and the libraries that it is linked to, as a folder of a few files. */
final class SqliteProgram {
  private static final String PROGRAM = "usr/bin/sqlite3";

  /** By the names under which the program asks for them. */
  private static final List<String> LIBRARIES =
      List.of(
          "ld-linux-riscv64-lp64d.so.1",
          "libc.so.6",
          "libm.so.6",
          "libreadline.so.8",
          "libsqlite3.so.0",
          "libtinfo.so.6",
          "libz.so.1");

  /** Packages that hold none of these. */
  private static final Set<String> OMITTED = Set.of("libgcc-s1", "readline-common");

  private final DebianArchive archive;
  private final DebianArchive.Opened opened;

  SqliteProgram(DebianArchive archive, DebianArchive.Opened opened) {
    this.archive = archive;
    this.opened = opened;
  }

  /** Makes the folder from the archive's current packages. */
  void build(Path target) {
    PackageIndex index = archive.index(opened, name -> true);
    DependencyResolver resolver = new DependencyResolver(index, Set.of(), OMITTED);
    try {
      FileTrees.delete(target);
      Files.createDirectories(target);
      for (DebianPackage each : resolver.resolve(List.of("sqlite3"))) {
        Path deb = archive.fetch(opened, each);
        extract(deb, target);
        Files.delete(deb);
      }
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  /** A library's file has its version behind its name, and a link of that name points to it. */
  private static void extract(Path deb, Path target) {
    DebFile.walk(
        deb,
        (path, entry, content) -> {
          if (!entry.isFile() || entry.isSymbolicLink()) {
            return true;
          }
          String leaf = path.substring(path.lastIndexOf('/') + 1);
          if (path.equals(PROGRAM)) {
            copy(content, target.resolve(leaf));
          } else if (path.matches("(usr/)?lib/.*\\.so\\.[0-9.]+")) {
            for (String library : LIBRARIES) {
              if (leaf.equals(library) || leaf.startsWith(library + ".")) {
                copy(content, target.resolve(library));
              }
            }
          }
          return true;
        });
  }

  private static void copy(InputStream content, Path file) throws IOException {
    try {
      Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileSystemException e) {
      throw new Failures.Writing(e);
    }
  }

  /** The files of such a folder, by their paths in a guest. */
  static Map<String, byte[]> load(Path folder) {
    Map<String, byte[]> files = new TreeMap<>();
    try {
      files.put("bin/sqlite3", Files.readAllBytes(folder.resolve("sqlite3")));
      for (String library : LIBRARIES) {
        Path file = folder.resolve(library);
        if (Files.exists(file)) {
          files.put("lib/" + library, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UserError(
          "The program in " + folder + " is damaged; delete that folder and try again.", e);
    }
    return files;
  }
}
