package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * One suite and architecture of a Debian archive, with its chain of trust: signature, release file,
 * package index, package.
 */
final class DebianArchive {
  private final String suite;
  private final String architecture;
  private final Fetcher fetcher;
  private final Path downloads;
  private final Progress progress;

  /**
   * @param suite a code name, such as trixie
   * @param downloads the folder that receives files
   */
  DebianArchive(
      String suite, String architecture, Fetcher fetcher, Path downloads, Progress progress) {
    this.suite = suite;
    this.architecture = architecture;
    this.fetcher = fetcher;
    this.downloads = downloads;
    this.progress = progress;
  }

  /**
   * An archive whose release file is here and trusted.
   *
   * @param mirror the archive's root, with a slash at its end
   */
  record Opened(URI mirror, ReleaseFile release) {}

  /**
   * Takes the first of the mirrors that serves the suite.
   *
   * @param signatures null to trust any mirror
   * @throws UserError if none does, or its signature is not good
   */
  Opened open(List<URI> mirrors, @Nullable SignatureCheck signatures) {
    UserError failure = new UserError("No mirror is known.");
    for (URI mirror : mirrors) {
      URI address = mirror.resolve("dists/" + suite + "/InRelease");
      byte[] inRelease;
      try {
        inRelease = fetcher.small(address);
      } catch (UserError e) {
        failure = e;
        continue;
      }
      return new Opened(mirror, release(inRelease, address.toString(), signatures));
    }
    if (mirrors.size() == 1) {
      throw failure;
    }
    throw new UserError(
        "None of the mirrors "
            + mirrors
            + " serves Debian "
            + suite
            + "; name one that does with --mirror.",
        failure);
  }

  private ReleaseFile release(
      byte[] inRelease, String origin, @Nullable SignatureCheck signatures) {
    String text;
    if (signatures == null) {
      progress.note("The signature of " + origin + " was not checked (--insecure).");
      text = SignatureCheck.unverified(inRelease, origin);
    } else {
      text = signatures.verified(inRelease, origin);
    }
    ReleaseFile release = ReleaseFile.parse(text, origin);
    if (!release.codename().equals(suite)) {
      throw new UserError(
          origin + " describes the suite '" + release.codename() + "' and not " + suite + ".");
    }
    release
        .validUntil()
        .filter(end -> end.isBefore(Instant.now()))
        .ifPresent(end -> progress.note("Note: " + origin + " was valid until " + end + "."));
    return release;
  }

  /** The package index, without the packages whose name is not wanted. */
  PackageIndex index(Opened archive, Predicate<String> wanted) {
    String name = "main/binary-" + architecture + "/Packages.xz";
    Expected expected =
        archive
            .release()
            .index(name)
            .orElseThrow(
                () ->
                    new UserError(
                        "The suite "
                            + suite
                            + " at "
                            + archive.mirror()
                            + " has no packages for "
                            + architecture
                            + "."));
    Path file = downloads.resolve("Packages-" + expected.sha256() + ".xz");
    URI address = archive.mirror().resolve("dists/" + suite + "/" + name);
    if (!Files.exists(file)) {
      fetcher.fetch(address, file, expected, "Package index");
    }
    try (InputStream in =
        new XZInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      return PackageIndex.read(in, wanted);
    } catch (IOException e) {
      throw new UserError("The package index " + file + " is damaged; delete it.", e);
    }
  }

  /** The package's .deb, in the folder of downloads. */
  Path fetch(Opened archive, DebianPackage wanted) {
    String leaf = wanted.filename().substring(wanted.filename().lastIndexOf('/') + 1);
    Path file = downloads.resolve(leaf);
    fetcher.fetch(
        archive.mirror().resolve(wanted.filename()), file, wanted.expected(), wanted.name());
    return file;
  }
}
