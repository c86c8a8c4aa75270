package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The files that a .deb installs: an ar archive whose member data.tar.* is a tape archive. */
final class DebFile {
  private DebFile() {}

  /** Is shown each entry in the archive's order; the content must be read, if at all, at once. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param path relative, without a leading ./ and never leading out of the root
     * @return false to see no more entries
     */
    boolean visit(String path, TarArchiveEntry entry, InputStream content) throws IOException;
  }

  /**
   * Walks through the installed files.
   *
   * @throws UserError if the file is not a package or is damaged
   */
  static void walk(Path deb, Visitor visitor) {
    try (ArArchiveInputStream members =
        new ArArchiveInputStream(new BufferedInputStream(Files.newInputStream(deb), 1 << 16))) {
      for (ArArchiveEntry m = members.getNextEntry(); m != null; m = members.getNextEntry()) {
        if (m.getName().startsWith("data.tar")) {
          walkData(decompressed(m.getName(), members), visitor);
          return;
        }
      }
    } catch (Failures.Writing e) {
      throw Failures.writing(deb, e);
    } catch (IOException e) {
      throw new UserError("The package " + deb + " is damaged: " + e.getMessage() + ".", e);
    }
    throw new UserError("The package " + deb + " is damaged: it has no data.tar.");
  }

  private static InputStream decompressed(String name, InputStream in) throws IOException {
    return switch (name) {
      case "data.tar" -> in;
      case "data.tar.xz" -> new XZInputStream(in);
      case "data.tar.gz" -> new GZIPInputStream(in);
      default -> throw new IOException(name + " is packed in a way that is not supported");
    };
  }

  private static void walkData(InputStream data, Visitor visitor) throws IOException {
    TarArchiveInputStream entries = new TarArchiveInputStream(data);
    for (TarArchiveEntry e = entries.getNextEntry(); e != null; e = entries.getNextEntry()) {
      String path = e.getName().replaceFirst("^(\\./|/)+", "").replaceFirst("/$", "");
      if (("/" + path + "/").contains("/../")) {
        throw new IOException("it holds a file outside of its root");
      }
      if (!path.isEmpty() && !path.equals(".") && !visitor.visit(path, e, entries)) {
        return;
      }
    }
  }
}
