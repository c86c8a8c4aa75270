package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/** A folder on the host that becomes a guest's root file system. */
final class RootFolder {
  private static final int PERMISSIONS = 07777;

  private final Path root;

  /** Set at the end, since a folder may have to be written to after its permissions are known. */
  private final Map<Path, Integer> folderModes = new LinkedHashMap<>();

  private RootFolder(Path root) {
    this.root = root;
  }

  /** A new folder where bin, sbin and lib are links below usr, as Debian has them. */
  static RootFolder create(Path path) throws IOException {
    Path root = Files.createDirectories(path).toRealPath();
    for (String name : List.of("bin", "sbin", "lib")) {
      Files.createDirectories(root.resolve("usr").resolve(name));
      Files.createSymbolicLink(root.resolve(name), Path.of("usr", name));
    }
    return new RootFolder(root);
  }

  Path path() {
    return root;
  }

  /**
   * Adds a package's files.
   *
   * @throws UserError if it is damaged, or would write outside of the folder
   */
  void unpack(Path deb) {
    DebFile.walk(
        deb,
        (path, entry, content) -> {
          add(deb, path, entry, content);
          return true;
        });
  }

  private void add(Path deb, String path, TarArchiveEntry entry, InputStream content)
      throws IOException {
    Path file = inside(deb, path);
    if (entry.isDirectory()) {
      if (!Files.isDirectory(file)) {
        Files.createDirectory(file);
      }
      folderModes.put(file.toRealPath(), entry.getMode() & PERMISSIONS);
    } else if (entry.isSymbolicLink()) {
      if (!Files.isDirectory(file)) {
        Files.deleteIfExists(file);
        Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      }
    } else if (entry.isLink()) {
      Files.deleteIfExists(file);
      Files.createLink(file, inside(deb, entry.getLinkName().replaceFirst("^(\\./|/)+", "")));
    } else if (entry.isFile()) {
      copy(content, file);
      Files.setAttribute(
          file, "unix:mode", entry.getMode() & PERMISSIONS, LinkOption.NOFOLLOW_LINKS);
      Files.setLastModifiedTime(file, entry.getLastModifiedTime());
    }
  }

  private static void copy(InputStream content, Path file) throws IOException {
    try {
      Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (java.nio.file.FileSystemException e) {
      throw new Failures.Writing(e);
    }
  }

  /** Where a path ends up after the links above it, which must not lead out of here. */
  private Path inside(Path deb, String path) throws IOException {
    Path file = root.resolve(path).normalize();
    if (file.startsWith(root) && !file.equals(root)) {
      Path realParent = Files.createDirectories(file.resolveSibling("")).toRealPath();
      if (realParent.startsWith(root)) {
        return realParent.resolve(file.getFileName());
      }
    }
    throw new UserError("The package " + deb + " would write " + path + " outside of its root.");
  }

  /** Adds what maintainer scripts would make, and what the guest's start wants to find. */
  void finish() throws IOException {
    for (String name :
        List.of("dev", "proc", "sys", "run", "tmp", "root", "etc", "var/lib/redis")) {
      Files.createDirectories(root.resolve(name));
    }
    if (!Files.exists(root.resolve("usr/bin/sh"), LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(root.resolve("usr/bin/sh"), Path.of("dash"));
    }
    Files.createSymbolicLink(root.resolve("share"), Path.of("run/quire/share"));
    Files.writeString(root.resolve("etc/passwd"), "root::0:0:root:/root:/bin/sh\n");
    Files.writeString(root.resolve("etc/group"), "root:x:0:\n");
    Files.writeString(root.resolve("etc/hosts"), "127.0.0.1 localhost quire\n");
    Files.writeString(root.resolve("etc/hostname"), "quire\n");
    Files.write(root.resolve("etc/profile"), Initramfs.resource("profile"));
    for (Map.Entry<Path, Integer> folder : folderModes.entrySet()) {
      Files.setAttribute(folder.getKey(), "unix:mode", folder.getValue());
    }
  }
}
