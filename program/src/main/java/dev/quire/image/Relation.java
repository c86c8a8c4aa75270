package dev.quire.image;

import java.util.ArrayList;
import java.util.List;

/**
 * The relations of a Depends field (Debian policy manual, chapter 7.1): a conjunction, separated by
 * commas, of alternatives, separated by bars. Versions are dropped, since an archive's suite is
 * consistent in itself.
 */
final class Relation {
  private Relation() {}

  /** For each conjunct the names of its alternatives. */
  static List<List<String>> parse(String field) {
    List<List<String>> all = new ArrayList<>();
    for (String conjunct : field.split(",", -1)) {
      List<String> names = new ArrayList<>();
      for (String alternative : conjunct.split("\\|", -1)) {
        String name = nameOf(alternative);
        if (!name.isEmpty()) {
          names.add(name);
        }
      }
      if (!names.isEmpty()) {
        all.add(names);
      }
    }
    return all;
  }

  /** The name in {@code name:arch (>= version) [arch] <profile>}. */
  static String nameOf(String relation) {
    return relation.strip().split("[\\s(\\[<:]", 2)[0];
  }
}
