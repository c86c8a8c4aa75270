package dev.quire.machine.board;

import dev.quire.machine.arch.Isa;
import dev.quire.machine.arch.Isa.Extension;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The user's choice of extensions: a standard string that replaces the default set, such as {@code
 * rv64gc_zba_zbb}, changes to the set, such as {@code +zba,-h}, or one followed by the other (ISA
 * manual, "ISA Extension Naming Conventions"). Version numbers are allowed and ignored.
 *
 * <p>A standard string names no privilege modes, so S and U stay; H comes with the letter h. What
 * an extension needs comes with it, and what needs it goes with it.
 */
public final class IsaString {
  private static final String BASE = "rv64";
  private static final Pattern VERSION = Pattern.compile("\\d+p\\d+$");
  private static final Pattern LETTER = Pattern.compile("([a-z])(\\d+(p\\d+)?)?");

  private static final Set<Extension> NEEDS_SUPERVISOR =
      EnumSet.of(
          Extension.H,
          Extension.SSTC,
          Extension.SVINVAL,
          Extension.SVNAPOT,
          Extension.SVPBMT,
          Extension.SVADE,
          Extension.SVADU);

  private final String text;
  private Set<Extension> set = EnumSet.copyOf(Isa.full().extensions());

  private IsaString(String text) {
    this.text = text;
  }

  /** Raises {@link UserError} for anything that is not understood. */
  public static Isa parse(String text) {
    IsaString result = new IsaString(text);
    String[] parts = text.strip().toLowerCase(Locale.ROOT).split(",", -1);
    for (int i = 0; i < parts.length; i++) {
      result.accept(parts[i].strip(), i == 0);
    }
    return new Isa(Set.copyOf(result.set));
  }

  private void accept(String part, boolean first) {
    if (part.startsWith("+")) {
      named(part.substring(1)).forEach(this::add);
    } else if (part.startsWith("-")) {
      remove(part.substring(1));
    } else if (first && part.startsWith("rv")) {
      replace(part);
    } else {
      throw UserError.of(
          "The ISA string \"%s\" has \"%s\" where rv64..., +extension or -extension is allowed.",
          text, part);
    }
  }

  private void replace(String standard) {
    String[] names = standard.split("_", -1);
    String letters = names[0].startsWith(BASE) ? names[0].substring(BASE.length()) : "";
    if (letters.isEmpty() || (letters.charAt(0) != 'i' && letters.charAt(0) != 'g')) {
      throw UserError.of(
          "The ISA string \"%s\" has the base \"%s\"; rv64i and rv64g are allowed.",
          text, names[0]);
    }
    set = EnumSet.of(Extension.S, Extension.U);
    int end = endOfLetters(letters);
    Matcher letter = LETTER.matcher(letters);
    int done = 0;
    while (done < end) {
      if (!letter.region(done, end).lookingAt()) {
        throw UserError.of(
            "The ISA string \"%s\" has \"%s\" where the letter of an extension is allowed.",
            text, letters.substring(done, end));
      }
      named(letter.group(1)).forEach(this::add);
      done = letter.end();
    }
    if (end < letters.length()) {
      named(letters.substring(end)).forEach(this::add);
    }
    for (int i = 1; i < names.length; i++) {
      named(names[i]).forEach(this::add);
    }
  }

  /** The extensions behind a name; none for what the machine always has. */
  private List<Extension> named(String versioned) {
    Matcher letter = LETTER.matcher(versioned);
    String name = letter.matches() ? letter.group(1) : VERSION.matcher(versioned).replaceFirst("");
    switch (name) {
      case "i", "zicsr":
        return List.of();
      case "g":
        return List.of(Extension.M, Extension.A, Extension.F, Extension.D, Extension.ZIFENCEI);
      case "b":
        return List.of(Extension.ZBA, Extension.ZBB, Extension.ZBS);
      default:
        for (Extension extension : Extension.values()) {
          if (extension.name().toLowerCase(Locale.ROOT).equals(name)) {
            return List.of(extension);
          }
        }
        throw UserError.of(
            "The ISA string \"%s\" has the extension \"%s\", which is unknown; those allowed are"
                + " %s.",
            text, name, allowed());
    }
  }

  private static String allowed() {
    StringBuilder names = new StringBuilder("i, g, b, zicsr");
    for (Extension extension : Extension.values()) {
      names.append(", ").append(extension.name().toLowerCase(Locale.ROOT));
    }
    return names.toString();
  }

  private void add(Extension extension) {
    set.add(extension);
    if (extension == Extension.D) {
      set.add(Extension.F);
    }
    if (NEEDS_SUPERVISOR.contains(extension)) {
      add(Extension.S);
    }
    if (extension == Extension.S) {
      set.add(Extension.U);
    }
  }

  private void remove(String name) {
    List<Extension> gone = named(name);
    if (gone.isEmpty()) {
      throw UserError.of(
          "The ISA string \"%s\" removes \"%s\", which every Quire machine has.", text, name);
    }
    for (Extension extension : gone) {
      set.remove(extension);
      if (extension == Extension.F) {
        set.remove(Extension.D);
      }
      if (extension == Extension.S || extension == Extension.U) {
        set.remove(Extension.S);
        set.removeAll(NEEDS_SUPERVISOR);
      }
    }
  }

  /** Where the single letters of a standard string end: at the first name of several letters. */
  private static int endOfLetters(String letters) {
    for (int i = 0; i < letters.length(); i++) {
      char c = letters.charAt(i);
      if (c == 'z' || c == 'x' || letters.startsWith("ss", i) || letters.startsWith("sv", i)) {
        return i;
      }
    }
    return letters.length();
  }
}
