package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Brings files of an archive here. A file is written under a name that holds its promised SHA-256
 * and ends in {@code .part}, so that a broken transfer resumes; only when its size and hash are as
 * promised is it renamed, in one step, to its target.
 */
final class Fetcher {
  private static final int ATTEMPTS = 3;
  private static final int SMALL_LIMIT = 16 << 20;

  private final Transport transport;
  private final Progress progress;

  Fetcher(Transport transport, Progress progress) {
    this.transport = transport;
    this.progress = progress;
  }

  /** A file of unknown size (at most 16 MiB), in memory. */
  byte[] small(URI address) {
    IOException failure = new IOException("not tried");
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (Transport.Source source = transport.open(address, 0)) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        for (int n = source.body().read(buffer); n >= 0; n = source.body().read(buffer)) {
          bytes.write(buffer, 0, n);
          if (bytes.size() > SMALL_LIMIT) {
            throw new UserError(address + " is larger than any index of a Debian archive.");
          }
        }
        return bytes.toByteArray();
      } catch (IOException e) {
        failure = e;
      }
    }
    throw brokeOff(address, failure);
  }

  /**
   * Brings a file to {@code target}; on return its size and hash are right.
   *
   * @throws UserError one sentence: missing, unreachable, broken off, wrong size or hash, no space
   */
  void fetch(URI address, Path target, Expected expected, String what) {
    Path part = target.resolveSibling(expected.sha256() + ".part");
    Transfer transfer = new Transfer(address, part, expected, what);
    try {
      Files.createDirectories(part.toAbsolutePath().getParent());
      checkSpace(part, expected.size());
      transfer.run();
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  private static void checkSpace(Path part, long size) throws IOException {
    long here = Files.exists(part) ? Files.size(part) : 0;
    long usable = Files.getFileStore(part.toAbsolutePath().getParent()).getUsableSpace();
    if (usable < size - here) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "No space: %s has %d MB free, and the file to fetch there needs %d MB.",
              part.getParent(),
              usable / 1_000_000,
              (size - here) / 1_000_000 + 1));
    }
  }

  private static UserError brokeOff(URI address, IOException failure) {
    return new UserError(
        "The transfer of "
            + address
            + " broke off ("
            + failure.getMessage()
            + "); run the command again to continue.",
        failure);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** One file on its way; its digest always covers what {@code part} holds. */
  private final class Transfer {
    private final URI address;
    private final Path part;
    private final Expected expected;
    private final String what;
    private MessageDigest digest = sha256();
    private long done;

    Transfer(URI address, Path part, Expected expected, String what) {
      this.address = address;
      this.part = part;
      this.expected = expected;
      this.what = what;
    }

    void run() throws IOException {
      resume();
      progress.start(what, done, expected.size());
      try {
        attempts();
      } finally {
        progress.end();
      }
      if (done != expected.size()) {
        throw wrong("has " + done + " bytes where the index promises " + expected.size());
      }
      String actual = HexFormat.of().formatHex(digest.digest());
      if (!actual.equals(expected.sha256())) {
        throw wrong("has SHA-256 " + actual + " where the index promises " + expected.sha256());
      }
    }

    private void resume() throws IOException {
      if (!Files.exists(part)) {
        return;
      }
      if (Files.size(part) > expected.size()) {
        Files.delete(part);
        return;
      }
      byte[] buffer = new byte[1 << 16];
      try (InputStream in = Files.newInputStream(part)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
          done += n;
        }
      }
    }

    private void attempts() throws IOException {
      for (int attempt = 1; done < expected.size(); attempt++) {
        try (Transport.Source source = transport.open(address, done)) {
          if (source.offset() != done) {
            Files.deleteIfExists(part);
            digest = sha256();
            done = 0;
          }
          copy(source.body());
          return; // the source's own end, right or not
        } catch (Failures.Writing e) {
          throw e;
        } catch (IOException e) {
          if (attempt == ATTEMPTS) {
            throw brokeOff(address, e);
          }
        }
      }
    }

    private void copy(InputStream in) throws IOException {
      byte[] buffer = new byte[1 << 16];
      try (OutputStream out =
          Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          if (done + n > expected.size()) {
            throw wrong("is larger than the " + expected.size() + " bytes the index promises");
          }
          write(out, buffer, n);
          digest.update(buffer, 0, n);
          done += n;
          progress.advance(n);
        }
      }
    }

    private static void write(OutputStream out, byte[] buffer, int count) throws IOException {
      try {
        out.write(buffer, 0, count);
      } catch (IOException e) {
        throw new Failures.Writing(e);
      }
    }

    private UserError wrong(String how) throws IOException {
      Files.deleteIfExists(part);
      return new UserError(
          "The file "
              + address
              + " "
              + how
              + ", so it was thrown away; try again later or name another mirror with --mirror.");
    }
  }
}
