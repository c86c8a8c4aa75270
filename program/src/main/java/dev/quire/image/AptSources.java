package dev.quire.image;

import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads archive addresses from apt's own configuration, both formats of sources.list(5): deb822
 * paragraphs ({@code *.sources}) and one-line entries ({@code sources.list}, {@code *.list}).
 *
 * <p>Only entries of type {@code deb} with component {@code main} count, and no entry that carries
 * only security fixes, updates or backports: those trees do not hold a whole distribution. The
 * entry's suite need not be the one that guests are made from, because a mirror serves all suites.
 */
final class AptSources {
  private AptSources() {}

  /** Every usable archive address of the configuration, without duplicates, in apt's order. */
  static List<URI> read(Path aptDirectory) {
    Set<URI> found = new LinkedHashSet<>();
    oneLine(readFile(aptDirectory.resolve("sources.list")), found);
    for (Path part : parts(aptDirectory.resolve("sources.list.d"))) {
      String name = part.getFileName().toString();
      if (name.endsWith(".sources")) {
        deb822(readFile(part), found);
      } else if (name.endsWith(".list")) {
        oneLine(readFile(part), found);
      }
    }
    return List.copyOf(found);
  }

  private static Set<Path> parts(Path directory) {
    Set<Path> sorted = new TreeSet<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(sorted::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return sorted;
    } catch (IOException e) {
      return new TreeSet<>();
    }
    return sorted;
  }

  /** The file's text; nothing if it is absent or not for us to read. */
  static String readFile(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  /** {@code deb [options] address suite component...}, one a line. */
  static void oneLine(String text, Set<URI> found) {
    for (String raw : text.split("\n", -1)) {
      String line = raw.replaceFirst("#.*", "").strip();
      if (!line.matches("deb\\s.*")) {
        continue;
      }
      List<String> words = words(line.replaceFirst("^deb\\s+(\\[[^]]*]\\s*)?", ""));
      if (words.size() >= 3 && !words.get(0).startsWith("cdrom:")) {
        add(words.subList(0, 1), words.subList(1, 2), words.subList(2, words.size()), found);
      }
    }
  }

  /** Paragraphs of fields, separated by empty lines. */
  static void deb822(String text, Set<URI> found) {
    for (Map<String, String> paragraph : ControlFile.parse(text)) {
      boolean enabled =
          !Set.of("no", "false", "without", "off", "disable", "0")
              .contains(field(paragraph, "Enabled").toLowerCase(Locale.ROOT));
      if (enabled && words(field(paragraph, "Types")).contains("deb")) {
        add(
            words(field(paragraph, "URIs")),
            words(field(paragraph, "Suites")),
            words(field(paragraph, "Components")),
            found);
      }
    }
  }

  private static void add(
      List<String> addresses, List<String> suites, List<String> components, Set<URI> found) {
    if (!components.contains("main") || suites.stream().allMatch(AptSources::partial)) {
      return;
    }
    for (String address : addresses) {
      MirrorConfig.usable(address.replaceFirst("^copy:", "file:")).ifPresent(found::add);
    }
  }

  /** Whether the suite holds additions to a distribution only. */
  private static boolean partial(String suite) {
    return suite.endsWith("/")
        || suite.contains("security")
        || suite.endsWith("-updates")
        || suite.contains("backports")
        || suite.endsWith("-proposed");
  }

  private static String field(Map<String, String> paragraph, String name) {
    return paragraph.getOrDefault(name.toLowerCase(Locale.ROOT), "").strip();
  }

  private static List<String> words(String text) {
    return new ArrayList<>(
        Arrays.stream(text.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList());
  }
}
