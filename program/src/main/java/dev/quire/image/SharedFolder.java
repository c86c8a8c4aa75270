package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.TreeMap;

/**
 * A folder of the host whose files are copied into the guest: contents, permission bits and
 * symbolic links (as they stand). Sockets, pipes and devices are left out.
 */
final class SharedFolder {
  private static final int PERMISSIONS = 07777;

  private final Path root;

  /** By path below the root, sorted, so that a folder comes before what it holds. */
  private final TreeMap<String, Path> entries = new TreeMap<>();

  private long bytes;

  private SharedFolder(Path root) {
    this.root = root;
  }

  static SharedFolder scan(Path root) {
    if (!Files.isDirectory(root)) {
      throw new UserError("The folder to share, " + root + ", is not a folder.");
    }
    try {
      SharedFolder share = new SharedFolder(root.toRealPath());
      share.visit();
      return share;
    } catch (IOException e) {
      throw unreadable(String.valueOf(e.getMessage()), e);
    }
  }

  private static UserError unreadable(String what, IOException cause) {
    String reason = cause instanceof AccessDeniedException ? " (permission denied)" : "";
    return new UserError("The file to share, " + what + ", cannot be read" + reason + ".", cause);
  }

  private void visit() throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            add(folder);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
              add(file);
              bytes += attributes.size();
            }
            return FileVisitResult.CONTINUE;
          }

          private void add(Path path) {
            String name = root.relativize(path).toString();
            if (!name.isEmpty()) {
              entries.put(name, path);
            }
          }
        });
  }

  void requireAtMost(long limit, long memoryBytes) {
    if (bytes > limit) {
      throw new UserError(
          "The folder to share, "
              + root
              + ", holds "
              + mebibytes(bytes)
              + " MiB, more than the "
              + (limit >> 20)
              + " MiB that a guest of "
              + (memoryBytes >> 20)
              + " MiB can take at its start; share less or give it more --memory.");
    }
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  void write(CpioWriter cpio, String target) throws IOException {
    for (var entry : entries.entrySet()) {
      try {
        writeOne(cpio, target + "/" + entry.getKey(), entry.getValue());
      } catch (AccessDeniedException | NoSuchFileException e) {
        throw unreadable(entry.getValue().toString(), e);
      }
    }
  }

  private static void writeOne(CpioWriter cpio, String name, Path source) throws IOException {
    if (Files.isSymbolicLink(source)) {
      cpio.symlink(name, Files.readSymbolicLink(source).toString());
      return;
    }
    int mode = (int) Files.getAttribute(source, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if (Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS)) {
      cpio.directory(name, mode & PERMISSIONS);
      return;
    }
    long size = Files.size(source);
    try (InputStream in = Files.newInputStream(source)) {
      OutputStream out = cpio.beginFile(name, mode & PERMISSIONS, size);
      byte[] buffer = new byte[1 << 16];
      long left = size;
      while (left > 0) {
        int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (n < 0) {
          throw new IOException(source + " shrank while it was read");
        }
        out.write(buffer, 0, n);
        left -= n;
      }
    }
    cpio.endFile(size);
  }
}
