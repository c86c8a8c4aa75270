package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A suite's Release file: the sizes and SHA-256 of its indices, and until when it is fresh. */
final class ReleaseFile {
  /** As in {@code Sat, 12 Sep 2026 07:55:41 UTC}. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Map<String, String> fields;
  private final Map<String, Expected> indices = new HashMap<>();

  private ReleaseFile(Map<String, String> fields) {
    this.fields = fields;
    for (String line : fields.getOrDefault("sha256", "").split("\n", -1)) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length == 3 && words[0].matches("[0-9a-f]{64}") && words[1].matches("\\d{1,15}")) {
        indices.put(words[2], new Expected(Long.parseLong(words[1]), words[0]));
      }
    }
  }

  /** Parses the text that was signed. */
  static ReleaseFile parse(String signedText, String origin) {
    List<Map<String, String>> paragraphs = ControlFile.parse(signedText);
    if (paragraphs.isEmpty() || !paragraphs.getFirst().containsKey("sha256")) {
      throw new UserError(origin + " is not a Debian release file.");
    }
    return new ReleaseFile(paragraphs.getFirst());
  }

  /** What is promised about an index such as {@code main/binary-riscv64/Packages.xz}. */
  Optional<Expected> index(String name) {
    return Optional.ofNullable(indices.get(name));
  }

  /** The suite's code name, such as trixie; empty if the file does not say. */
  String codename() {
    return fields.getOrDefault("codename", "");
  }

  /** True if the mirror keeps its indices under their hashes, too. */
  boolean acquiredByHash() {
    return fields.getOrDefault("acquire-by-hash", "").equals("yes");
  }

  /** When the file's author wants it to be forgotten, if stated. */
  Optional<Instant> validUntil() {
    String date = fields.get("valid-until");
    if (date == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.from(DATE.parse(date)));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
