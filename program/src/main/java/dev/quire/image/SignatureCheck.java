package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks who signed an InRelease file and hands out its text.
 *
 * <p>A suite is signed by several keys, and an older machine may know only some of them: one good
 * signature by a known key suffices, unknown keys are passed over, and a single bad signature
 * refuses the file.
 */
final class SignatureCheck {
  private final List<Path> keyrings;
  private final @Nullable Path gpgv;

  /**
   * @param keyrings files of trusted keys
   * @param gpgv the program, or null to use Bouncy Castle
   */
  SignatureCheck(List<Path> keyrings, @Nullable Path gpgv) {
    this.keyrings = keyrings;
    this.gpgv = gpgv;
  }

  /** With the keys and programs installed on this machine. */
  static SignatureCheck installed() {
    List<Path> keys = Keyrings.find(Path.of("/usr/share/keyrings"), Path.of("/etc/apt"));
    return new SignatureCheck(keys, HostProgram.find("gpgv").orElse(null));
  }

  /**
   * The signed text.
   *
   * @throws UserError if no known key vouches for it
   */
  String verified(byte[] inRelease, String origin) {
    if (keyrings.isEmpty()) {
      throw new UserError(
          "The signature of "
              + origin
              + " cannot be checked because this machine has no Debian archive keys: install the"
              + " package debian-archive-keyring, or pass --insecure to trust the mirror.");
    }
    try {
      Verdict verdict =
          gpgv == null
              ? BouncyCastleVerifier.verify(inRelease, keyrings)
              : GpgvVerifier.verify(gpgv, inRelease, keyrings);
      return verdict.text().orElseThrow(() -> refused(origin, verdict.reason()));
    } catch (IOException e) {
      throw new UserError(
          "The signature of " + origin + " cannot be checked: " + e.getMessage() + ".", e);
    }
  }

  /** The text, signed by whomever. */
  static String unverified(byte[] inRelease, String origin) {
    return CleartextSigned.parse(inRelease)
        .orElseThrow(() -> new UserError(origin + " is not a signed Debian release file."))
        .text();
  }

  private static UserError refused(String origin, String reason) {
    return new UserError(
        "The signature of "
            + origin
            + " is not good: "
            + reason
            + "; name another mirror with --mirror, or update the package debian-archive-keyring.");
  }

  /**
   * A verifier's finding.
   *
   * @param text the signed text if the file is to be trusted
   * @param reason why not, otherwise
   */
  record Verdict(Optional<String> text, String reason) {
    static Verdict good(String text) {
      return new Verdict(Optional.of(text), "");
    }

    static Verdict refused(String reason) {
      return new Verdict(Optional.empty(), reason);
    }

    /** The rule of this class, applied to the number of signatures of each kind. */
    static Verdict of(int good, int bad, int unusable, String text) {
      if (bad > 0) {
        return refused("it does not match the file");
      }
      if (good == 0) {
        return refused(
            unusable > 0
                ? "none of the keys that made it is among the installed ones and in force"
                : "the file carries none");
      }
      return good(text);
    }
  }
}
