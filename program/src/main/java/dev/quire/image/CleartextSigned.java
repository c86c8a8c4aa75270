package dev.quire.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A message in OpenPGP's cleartext signature framework (RFC 9580 section 7), as InRelease files
 * are.
 *
 * @param text the signed text, dash-escapes removed, lines ended by a newline
 * @param signed the octets that the signatures cover
 * @param armor the signatures, still ASCII-armored
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record CleartextSigned(String text, byte[] signed, String armor) {
  private static final String BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
  private static final String SIGNATURE = "-----BEGIN PGP SIGNATURE-----";

  /** Splits the message; empty unless it is exactly one, with nothing before it. */
  static Optional<CleartextSigned> parse(byte[] message) {
    List<String> lines = new String(message, StandardCharsets.UTF_8).lines().toList();
    int body = lines.indexOf("") + 1;
    int end = lines.indexOf(SIGNATURE);
    if (lines.isEmpty() || !lines.getFirst().equals(BEGIN) || body < 1 || end < body) {
      return Optional.empty();
    }
    List<String> text = new ArrayList<>();
    for (String line : lines.subList(body, end)) {
      if (line.startsWith("-----")) {
        return Optional.empty();
      }
      text.add((line.startsWith("- ") ? line.substring(2) : line).replaceFirst("[ \t]+$", ""));
    }
    return Optional.of(
        new CleartextSigned(
            String.join("\n", text) + "\n",
            String.join("\r\n", text).getBytes(StandardCharsets.UTF_8),
            String.join("\n", lines.subList(end, lines.size())) + "\n"));
  }
}
