package dev.quire.control;

import com.sun.security.auth.module.UnixSystem;
import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's folder of {@link ControlFile}s, NAME.json for each running host, and each guest that
 * runs on its own and has a name. It belongs to the user and nobody else can enter it, or it is not
 * used. A file appears whole and goes with its process; one whose process was killed is as good as
 * gone.
 */
public final class ControlFolder {
  /** Names of guests and hosts. */
  private static final String NAME = "[a-z0-9][a-z0-9-]{0,31}";

  private static final String SUFFIX = ".json";
  private static final String LOCK = ".lock";
  private static final Set<StandardOpenOption> LOCK_OPTIONS =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);

  private static final FileAttribute<Set<PosixFilePermission>> FOLDER_MODE = mode("rwx------");
  private static final FileAttribute<Set<PosixFilePermission>> FILE_MODE = mode("rw-------");

  private final Path folder;

  ControlFolder(Path folder) {
    this.folder = folder;
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  /**
   * {@code quire} in XDG_RUNTIME_DIR, or if that is not the user's, a folder for temporary files.
   */
  public static ControlFolder ofUser() {
    return new ControlFolder(
        place(System.getenv("XDG_RUNTIME_DIR"), System.getProperty("java.io.tmpdir", "/tmp")));
  }

  static Path place(@Nullable String runtimeFolder, String temporaryFolder) {
    if (runtimeFolder != null && runtimeFolder.startsWith("/")) {
      Path runtime = Path.of(runtimeFolder);
      try {
        if (Files.isDirectory(runtime) && owner(runtime) == user()) {
          return runtime.resolve("quire");
        }
      } catch (IOException e) {
        // As if it were not set.
      }
    }
    return Path.of(temporaryFolder, "quire-" + user());
  }

  private static long user() {
    return new UnixSystem().getUid();
  }

  private static long owner(Path path, LinkOption... options) throws IOException {
    return Integer.toUnsignedLong((Integer) Files.getAttribute(path, "unix:uid", options));
  }

  /** A {@link UserError} unless a guest or a host may be called that. */
  public static void checkName(String name) {
    if (!name.matches(NAME)) {
      throw UserError.of(
          "'%s' is no name for a guest or a host: up to 32 of a-z, 0-9 and -, the first not -.",
          Arguments.shown(name));
    }
  }

  /** Adds a file for this process, unless a living process has one of that name. */
  void add(ControlFile file) {
    checkName(file.name());
    change(
        file,
        () -> {
          checkFree(file);
          write(file);
        });
  }

  /** Puts a file in the place of another of the same server. */
  void replace(ControlFile file) {
    change(file, () -> write(file));
  }

  /** Something that reads or writes files. */
  private interface Change {
    void make() throws IOException;
  }

  private void change(ControlFile file, Change change) {
    synchronized (ControlFolder.class) { // a file lock is the process's
      try {
        createIfMissing();
        try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), LOCK_OPTIONS, FILE_MODE);
            var _ = channel.lock()) {
          change.make();
        }
      } catch (IOException e) {
        throw new UserError("The %s cannot have a name: %s failed.".formatted(file.kind(), e), e);
      }
    }
  }

  private void createIfMissing() throws IOException {
    try {
      Files.createDirectory(folder, FOLDER_MODE);
    } catch (FileAlreadyExistsException e) {
      checkPrivate();
    }
  }

  private void checkPrivate() throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    boolean mine = owner(folder, LinkOption.NOFOLLOW_LINKS) == user();
    if (!attributes.isDirectory()
        || !mine
        || !attributes.permissions().equals(FOLDER_MODE.value())) {
      throw UserError.of(
          "%s is not used: it must be a folder of yours with mode 0700. Remove it, or set"
              + " XDG_RUNTIME_DIR to another folder of yours.",
          folder);
    }
  }

  private void checkFree(ControlFile file) {
    Optional<ControlFile> other = ControlFile.read(path(file.name()));
    if (other.isPresent() && other.get().isAlive()) {
      throw UserError.of(
          "A %s called %s runs already, in process %d: choose another --name.",
          other.get().kind(), file.name(), other.get().pid());
    }
  }

  private void write(ControlFile file) throws IOException {
    Path whole = folder.resolve(".new." + file.pid());
    Files.deleteIfExists(whole);
    Files.writeString(Files.createFile(whole, FILE_MODE), file.json());
    Files.move(whole, path(file.name()), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes a file that this process has added. */
  void remove(ControlFile file) {
    try {
      if (ControlFile.read(path(file.name())).filter(file::isSameServer).isPresent()) {
        Files.delete(path(file.name()));
      }
    } catch (IOException e) {
      // It is stale when this process has ended.
    }
  }

  private Path path(String name) {
    return folder.resolve(name + SUFFIX);
  }

  /** A guest, and the file of the server that serves it. */
  record Place(ControlFile file, String guest) {
    /** What tells it apart from all others. */
    String fullName() {
      return file.name() + "/" + guest;
    }

    /** What users call it. */
    String usualName() {
      return file.isHost() ? fullName() : guest;
    }
  }

  /**
   * The running guest that is called {@code name}, or HOST/VM; a {@link UserError} if there is
   * none, or several.
   */
  Place findGuest(String name) {
    int slash = name.indexOf('/');
    String host = slash < 0 ? "" : name.substring(0, slash);
    String guest = name.substring(slash + 1);
    checkName(guest);
    if (slash >= 0) {
      checkName(host);
    }
    List<Place> all = guests();
    List<Place> found =
        all.stream()
            .filter(place -> place.guest().equals(guest))
            .filter(place -> slash < 0 || place.file().name().equals(host))
            .toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    if (!found.isEmpty()) {
      String names = String.join(", ", found.stream().map(Place::fullName).toList());
      throw UserError.of("There are several guests called %s: say which of %s.", guest, names);
    }
    throw UserError.of(
        all.isEmpty()
            ? "There is no guest called %s: none that has a name is running; 'quire run --name"
                + " NAME' starts one, 'quire up' several."
            : "There is no guest called %s: there are %s.",
        name,
        String.join(", ", all.stream().map(Place::usualName).toList()));
  }

  /** All guests of running hosts, and those that run on their own. */
  List<Place> guests() {
    List<Place> guests = new ArrayList<>();
    for (ControlFile file : running()) {
      file.guests().forEach(guest -> guests.add(new Place(file, guest)));
    }
    return guests;
  }

  /**
   * The running host that is called {@code name}, or the only one if that is null; a {@link
   * UserError} if there is none, or several.
   */
  ControlFile findHost(@Nullable String name) {
    List<ControlFile> hosts = running().stream().filter(ControlFile::isHost).toList();
    List<ControlFile> found =
        name == null ? hosts : hosts.stream().filter(host -> host.name().equals(name)).toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    String names = String.join(", ", hosts.stream().map(ControlFile::name).toList());
    if (name == null && !names.isEmpty()) {
      throw UserError.of("There are several hosts: say which by --host, of %s.", names);
    }
    throw UserError.of(
        "There is no host%s: %s.",
        name == null ? "" : " called " + Arguments.shown(name),
        names.isEmpty() ? "none is running; 'quire up' starts one" : "running are " + names);
  }

  /** The files of all living processes, by name. */
  List<ControlFile> running() {
    List<ControlFile> running = new ArrayList<>();
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return running;
    }
    try {
      checkPrivate();
      try (Stream<Path> paths = Files.list(folder)) {
        paths
            .filter(path -> path.getFileName().toString().matches(NAME + "\\.json"))
            .sorted()
            .flatMap(path -> ControlFile.read(path).stream())
            .filter(ControlFile::isAlive)
            .forEach(running::add);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new UserError("Running guests are not to be found: %s failed.".formatted(e), e);
    }
    return running;
  }
}
