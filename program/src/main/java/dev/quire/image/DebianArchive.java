package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * One suite and architecture of a Debian archive, with its chain of trust: signature, release file,
 * package index, package.
 */
final class DebianArchive {
  /** The name by which mirrors serve the current suite as well; its release file says which. */
  private static final String ALIAS = "stable";

  private static final String INDEX = "Package index";

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
   * An archive whose release file is trusted and whose package index, as that file promises it, is
   * here.
   *
   * @param mirror the archive's root, with a slash at its end
   */
  record Opened(URI mirror, ReleaseFile release, Path indexFile) {}

  /** A place that serves, or may serve, the suite. */
  private record Candidate(URI mirror, String name) {
    URI address(String path) {
      return mirror.resolve("dists/" + name + "/" + path);
    }
  }

  /** A candidate is not to be used, but the next one may be. */
  private static final class PassedOver extends Exception {
    private static final long serialVersionUID = 1L;
    private final UserError reason;

    PassedOver(UserError reason) {
      super(reason);
      this.reason = reason;
    }

    static <T> T ifFails(Supplier<T> step) throws PassedOver {
      try {
        return step.get();
      } catch (UserError e) {
        throw new PassedOver(e);
      }
    }
  }

  /**
   * Takes the first of the mirrors that serves the suite with a package index that its release file
   * promises. A mirror in the middle of an update may serve a release file that is newer than the
   * index beside it; the suite's alias may still have the pair that was.
   *
   * @param signatures null to trust any mirror
   * @throws UserError if none does, or the signature of one is not good
   */
  Opened open(List<URI> mirrors, @Nullable SignatureCheck signatures) {
    List<UserError> failures = new ArrayList<>();
    for (URI mirror : mirrors) {
      for (String name : List.of(suite, ALIAS)) {
        Candidate candidate = new Candidate(mirror, name);
        if (!failures.isEmpty()) {
          String reason = failures.getLast().getMessage();
          progress.note(reason + " Trying " + candidate.address("InRelease") + " instead.");
        }
        try {
          return open(candidate, signatures);
        } catch (PassedOver e) {
          failures.add(e.reason);
        }
      }
    }
    UserError first =
        failures.isEmpty() ? new UserError("No mirror is known.") : failures.getFirst();
    if (mirrors.size() <= 1) {
      throw first;
    }
    throw new UserError(
        "None of the mirrors "
            + mirrors
            + " serves Debian "
            + suite
            + "; name one that does with --mirror.",
        first);
  }

  private Opened open(Candidate from, @Nullable SignatureCheck signatures) throws PassedOver {
    URI address = from.address("InRelease");
    byte[] inRelease = PassedOver.ifFails(() -> fetcher.small(address));
    Supplier<ReleaseFile> trusted = () -> release(inRelease, address.toString(), signatures);
    ReleaseFile release = from.name().equals(suite) ? trusted.get() : PassedOver.ifFails(trusted);
    Path index = PassedOver.ifFails(() -> indexFile(from, release));
    return new Opened(from.mirror(), release, index);
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

  /** The package index that the release file promises; fetched unless it is here. */
  private Path indexFile(Candidate from, ReleaseFile release) {
    String folder = "main/binary-" + architecture + "/";
    Expected expected =
        release
            .index(folder + "Packages.xz")
            .orElseThrow(
                () ->
                    new UserError(
                        "The suite "
                            + suite
                            + " at "
                            + from.mirror()
                            + " has no packages for "
                            + architecture
                            + "."));
    Path file = downloads.resolve("Packages-" + expected.sha256() + ".xz");
    if (!Files.exists(file)
        && !(release.acquiredByHash() && fetchedByHash(from, folder, file, expected))) {
      fetcher.fetch(from.address(folder + "Packages.xz"), file, expected, INDEX);
    }
    return file;
  }

  /** Under its hash an index stays for a while when a newer one takes its usual name. */
  private boolean fetchedByHash(Candidate from, String folder, Path file, Expected expected) {
    try {
      fetcher.fetch(
          from.address(folder + "by-hash/SHA256/" + expected.sha256()), file, expected, INDEX);
      return true;
    } catch (UserError e) {
      return false; // the usual name is tried next, and says why if that fails too
    }
  }

  /** The package index, without the packages whose name is not wanted. */
  PackageIndex index(Opened archive, Predicate<String> wanted) {
    Path file = archive.indexFile();
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
