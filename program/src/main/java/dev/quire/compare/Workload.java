package dev.quire.compare;

import dev.quire.image.ImageStore;
import dev.quire.image.MirrorOptions;
import dev.quire.image.Progress;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The programs that a comparison can run in a guest. */
@SuppressWarnings("ImmutableEnumChecker") // its fields are strings
public enum Workload {
  /** Counted from power-on; its command is the first of a guest, and does nothing. */
  BOOT("boot", "power-on to the end of the first command", "true"),
  FORKEXEC("forkexec", "a process of 2 MiB forks and executes 250 children", "/quire/forkexec"),
  MMAP("mmap", "256 pages are mapped, touched and unmapped, 150 times", "/quire/mmap"),
  CHASE("chase", "20 million steps of pointers through 48 MiB", "/quire/chase"),
  PIPE("pipe", "a byte goes to and fro between two processes 10,000 times", "/quire/pipe"),
  SYSCALLS("syscalls", "500,000 system calls that do nothing", "/quire/syscalls"),
  SQLITE("sqlite", "a database is filled, searched and changed", Workload.SQLITE_COMMAND);

  private static final String SQLITE_COMMAND = "sqlite3 /tmp/items.db </quire/sqlite.sql";

  private final String word;
  private final String title;
  private final String command;

  Workload(String word, String title, String command) {
    this.word = word;
    this.title = title;
    this.command = command;
  }

  /** Its name on the command line and in reports. */
  public String word() {
    return word;
  }

  /** What it does, in some words. */
  public String title() {
    return title;
  }

  /** What the guest's shell runs. */
  public String command() {
    return command;
  }

  /** The workload that {@code word} names, or a {@link UserError}. */
  public static Workload parse(String word) {
    List<String> words = new ArrayList<>();
    for (Workload workload : values()) {
      if (workload.word.equals(word)) {
        return workload;
      }
      words.add(workload.word);
    }
    throw UserError.of("The workload %s is unknown: %s.", word, String.join(", ", words));
  }

  /**
   * What the guest's initramfs must hold for it, by path; programs that are not Quire's own are
   * brought from {@code mirror} the first time.
   */
  public Map<String, byte[]> files(MirrorOptions mirror, Progress progress) {
    return switch (this) {
      case BOOT -> Map.of();
      case SQLITE -> {
        Map<String, byte[]> files = new TreeMap<>(ImageStore.ofUser().sqlite(mirror, progress));
        files.put("quire/sqlite.sql", resource("sqlite.sql"));
        yield files;
      }
      default -> Map.of("quire/" + word, resource(word + ".elf"));
    };
  }

  private static byte[] resource(String name) {
    try (InputStream in = Workload.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
