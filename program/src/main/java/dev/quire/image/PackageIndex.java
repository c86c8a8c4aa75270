package dev.quire.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** The packages of one architecture, by name and by what they provide. */
final class PackageIndex {
  private final Map<String, DebianPackage> byName = new HashMap<>();
  private final Map<String, List<DebianPackage>> providers = new HashMap<>();

  /** Reads an uncompressed Packages file, keeping the packages whose name is wanted. */
  static PackageIndex read(InputStream packages, Predicate<String> wanted) throws IOException {
    PackageIndex index = new PackageIndex();
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(packages, StandardCharsets.UTF_8), 1 << 16);
    ControlFile.parse(
        reader,
        fields -> {
          if (wanted.test(fields.getOrDefault("package", ""))) {
            index.add(fields);
          }
        });
    return index;
  }

  private void add(Map<String, String> fields) {
    String size = fields.getOrDefault("size", "");
    String sha256 = fields.getOrDefault("sha256", "");
    String filename = fields.getOrDefault("filename", "");
    if (!size.matches("\\d{1,15}") || !sha256.matches("[0-9a-f]{64}") || !isInside(filename)) {
      return;
    }
    DebianPackage found =
        new DebianPackage(
            fields.getOrDefault("package", ""),
            fields.getOrDefault("version", ""),
            join(fields.getOrDefault("pre-depends", ""), fields.getOrDefault("depends", "")),
            fields.getOrDefault("provides", ""),
            filename,
            new Expected(Long.parseLong(size), sha256));
    byName.putIfAbsent(found.name(), found);
    for (String provided : found.provides().split(",", -1)) {
      String name = Relation.nameOf(provided);
      if (!name.isEmpty()) {
        providers.computeIfAbsent(name, key -> new ArrayList<>()).add(found);
      }
    }
  }

  /** Whether the path stays below the archive's root. */
  private static boolean isInside(String filename) {
    return filename.matches("[A-Za-z0-9][A-Za-z0-9/._+~-]*") && !filename.contains("..");
  }

  private static String join(String first, String second) {
    return first.isEmpty() || second.isEmpty() ? first + second : first + ", " + second;
  }

  Optional<DebianPackage> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The packages that provide a virtual one, in the index's order. */
  List<DebianPackage> providersOf(String name) {
    return providers.getOrDefault(name, List.of());
  }
}
