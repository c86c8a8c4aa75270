package dev.quire.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bouncycastle.openpgp.PGPUtil;

/** Lets gpgv judge a file, by the status lines that GnuPG's doc/DETAILS describes. */
final class GpgvVerifier {
  private GpgvVerifier() {}

  static SignatureCheck.Verdict verify(Path gpgv, byte[] inRelease, List<Path> keyrings)
      throws IOException {
    Path scratch = Files.createTempDirectory("quire-gpgv");
    try {
      Path message = Files.write(scratch.resolve("InRelease"), inRelease);
      Path text = scratch.resolve("text");
      List<String> command = new ArrayList<>(List.of(gpgv.toString(), "--status-fd", "1"));
      for (Path keyring : binary(keyrings, scratch)) {
        command.addAll(List.of("--keyring", keyring.toString()));
      }
      command.addAll(List.of("--output", text.toString(), message.toString()));
      HostProgram.Result result = HostProgram.run(command, Map.of("LC_ALL", "C"));
      return judge(result.output(), Files.exists(text) ? Files.readString(text) : "");
    } finally {
      FileTrees.delete(scratch);
    }
  }

  /** The exit status is no help: it is not 0 as soon as one of the keys is unknown. */
  static SignatureCheck.Verdict judge(String output, String text) {
    int good = 0;
    int bad = 0;
    int unusable = 0;
    for (String line : output.lines().toList()) {
      if (!line.startsWith("[GNUPG:] ")) {
        continue;
      }
      switch (line.split(" ", -1)[1]) {
        case "GOODSIG" -> good++;
        case "BADSIG" -> bad++;
        case "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG" -> unusable++;
        default -> {}
      }
    }
    return SignatureCheck.Verdict.of(good, bad, unusable, text);
  }

  /** gpgv reads no armored keyrings. */
  private static List<Path> binary(List<Path> keyrings, Path scratch) throws IOException {
    List<Path> usable = new ArrayList<>();
    for (Path keyring : keyrings) {
      if (keyring.toString().endsWith(".asc")) {
        Path copy = scratch.resolve("key" + usable.size() + ".gpg");
        try (var in = PGPUtil.getDecoderStream(Files.newInputStream(keyring))) {
          Files.copy(in, copy);
        }
        usable.add(copy);
      } else {
        usable.add(keyring.toAbsolutePath());
      }
    }
    return usable;
  }
}
