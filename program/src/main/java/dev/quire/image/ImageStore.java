package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The guest images on this machine, in {@code $XDG_CACHE_HOME/quire} (by default {@code
 * ~/.cache/quire}). Pulls are serialised between processes by a lock on a file of that folder, and
 * an image appears under its name in one step, complete.
 */
public final class ImageStore {
  /** The Debian release that guests are made from. */
  static final String SUITE = "trixie";

  static final String ARCHITECTURE = "riscv64";
  private static final String KERNEL = "linux-image-riscv64";
  private static final String BUSYBOX = "busybox-static";
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final Path folder;
  private final Map<String, String> environment;
  private final Path aptDirectory;
  private final Supplier<SignatureCheck> signatures;

  ImageStore(
      Path folder,
      Map<String, String> environment,
      Path aptDirectory,
      Supplier<SignatureCheck> signatures) {
    this.folder = folder;
    this.environment = environment;
    this.aptDirectory = aptDirectory;
    this.signatures = signatures;
  }

  /** The user's own store. */
  public static ImageStore ofUser() {
    Map<String, String> environment = System.getenv();
    return new ImageStore(
        cacheFolder(environment, System.getProperty("user.home", "")),
        environment,
        Path.of("/etc/apt"),
        SignatureCheck::installed);
  }

  /** As the XDG base directory specification says: a relative path counts as unset. */
  static Path cacheFolder(Map<String, String> environment, String home) {
    String configured = environment.getOrDefault("XDG_CACHE_HOME", "");
    return configured.startsWith("/")
        ? Path.of(configured, "quire")
        : Path.of(home, ".cache", "quire");
  }

  /** The folder that holds everything. */
  public Path folder() {
    return folder;
  }

  /** Where the userland's disk is, or would be. */
  public Path debianFullPath() {
    return folder.resolve("debian-full.ext4");
  }

  /** The kernel image on this machine, or null if none has been pulled. */
  public @Nullable GuestImage installedDebian() {
    Path image = folder.resolve("debian");
    return Files.exists(image) ? GuestImage.load(realPath(image)) : null;
  }

  /** The kernel image; pulled if there is none yet. */
  public GuestImage debian(MirrorOptions options, Progress progress) {
    GuestImage installed = installedDebian();
    if (installed != null) {
      return installed;
    }
    progress.note("No guest image is here yet: pulling Debian's kernel (about 120 MB).");
    return locked(
        progress,
        () -> {
          GuestImage meanwhile = installedDebian();
          return meanwhile != null ? meanwhile : pullLocked(options, progress);
        });
  }

  /** The userland's disk; made if there is none yet. */
  public Path debianFull(MirrorOptions options, Progress progress) {
    return Files.exists(debianFullPath()) ? debianFullPath() : pullDebianFull(options, progress);
  }

  /** Brings the archive's current kernel, unless it is here. */
  public GuestImage pullDebian(MirrorOptions options, Progress progress) {
    return locked(progress, () -> pullLocked(options, progress));
  }

  /** Makes the userland's disk from the archive's current packages. */
  public Path pullDebianFull(MirrorOptions options, Progress progress) {
    DebianFull.requireTools();
    return locked(
        progress,
        () -> {
          DebianArchive archive = archive(progress);
          DebianArchive.Opened opened = open(archive, options);
          new DebianFull(archive, opened, scratch(), progress).build(debianFullPath());
          return debianFullPath();
        });
  }

  /**
   * Debian's sqlite3 with its libraries: what to put into an initramfs, by path; pulled if it is
   * not here yet.
   */
  public Map<String, byte[]> sqlite(MirrorOptions options, Progress progress) {
    Path target = folder.resolve("sqlite");
    if (!Files.exists(target)) {
      progress.note("Bringing Debian's sqlite3 (about 5 MB).");
      locked(
          progress,
          () -> {
            if (!Files.exists(target)) {
              DebianArchive archive = archive(progress);
              new SqliteProgram(archive, open(archive, options)).build(scratch());
              rename(scratch(), target);
            }
            return target;
          });
    }
    return SqliteProgram.load(target);
  }

  private GuestImage pullLocked(MirrorOptions options, Progress progress) {
    DebianArchive archive = archive(progress);
    DebianArchive.Opened opened = open(archive, options);
    PackageIndex index =
        archive.index(opened, name -> name.startsWith("linux-image") || name.equals(BUSYBOX));
    DebianPackage kernel = currentKernel(index);
    String version = kernel.name().replaceFirst("^linux-image-", "");
    Path image = folder.resolve("debian-" + version + "-" + kernel.version().replace(':', '_'));
    if (!Files.exists(image)) {
      Path unfinished = image.resolveSibling("unfinished-" + version);
      progress.note("Bringing the kernel " + version + ".");
      assemble(archive, opened, kernel, packageOf(index, BUSYBOX), version, unfinished);
      progress.note("The guest image is ready.");
      rename(unfinished, image);
    }
    makeCurrent(image, folder.resolve("debian"));
    return GuestImage.load(image);
  }

  private void assemble(
      DebianArchive archive,
      DebianArchive.Opened opened,
      DebianPackage kernel,
      DebianPackage busybox,
      String version,
      Path target) {
    try {
      FileTrees.delete(target);
      Files.createDirectories(target);
      Path busyboxDeb = archive.fetch(opened, busybox);
      extractBusybox(busyboxDeb, target.resolve("busybox"));
      Path kernelDeb = archive.fetch(opened, kernel);
      List<String> modules = KernelPackage.extract(kernelDeb, target);
      GuestImage.writeManifest(target, version, modules);
      Files.delete(kernelDeb);
      Files.delete(busyboxDeb);
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  /** The metapackage depends on the current kernel's package, whose name holds its version. */
  private static DebianPackage currentKernel(PackageIndex index) {
    for (List<String> alternatives : Relation.parse(packageOf(index, KERNEL).depends())) {
      String name = alternatives.getFirst();
      if (name.matches("linux-image-\\d.*")) {
        return packageOf(index, name);
      }
    }
    throw new UserError("The archive's package " + KERNEL + " names no kernel.");
  }

  static DebianPackage packageOf(PackageIndex index, String name) {
    return index
        .find(name)
        .orElseThrow(() -> new UserError("The archive has no package " + name + "."));
  }

  private static void extractBusybox(Path deb, Path target) {
    DebFile.walk(
        deb,
        (path, entry, content) -> {
          if (!path.matches("(usr/)?bin/busybox")) {
            return true;
          }
          Files.copy(content, target, StandardCopyOption.REPLACE_EXISTING);
          return false;
        });
    if (!Files.exists(target)) {
      throw new UserError("The package " + deb + " holds no busybox.");
    }
  }

  private DebianArchive archive(Progress progress) {
    Transport transport = new Transport(new Proxies(environment, aptDirectory));
    return new DebianArchive(
        SUITE, ARCHITECTURE, new Fetcher(transport, progress), downloads(), progress);
  }

  private DebianArchive.Opened open(DebianArchive archive, MirrorOptions options) {
    List<URI> mirrors = MirrorConfig.candidates(options.mirror(), environment, aptDirectory);
    return archive.open(mirrors, options.insecure() ? null : signatures.get());
  }

  private Path downloads() {
    return folder.resolve("downloads");
  }

  private Path scratch() {
    return folder.resolve("scratch");
  }

  private static void rename(Path from, Path to) {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw Failures.writing(to, e);
    }
  }

  private static Path realPath(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw Failures.writing(path, e);
    }
  }

  /** Points the link at the image, in one step, and deletes the images it pointed at before. */
  private void makeCurrent(Path image, Path link) {
    Path fresh = folder.resolve("debian.new");
    try {
      Files.deleteIfExists(fresh);
      Files.createSymbolicLink(fresh, image.getFileName());
      Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (var siblings = Files.newDirectoryStream(folder, "debian-*")) {
        for (Path sibling : siblings) {
          if (Files.isDirectory(sibling, LinkOption.NOFOLLOW_LINKS) && !sibling.equals(image)) {
            FileTrees.delete(sibling);
          }
        }
      }
    } catch (IOException e) {
      throw Failures.writing(link, e);
    }
  }

  /** Runs the work while no other thread or process pulls into this folder. */
  private <T> T locked(Progress progress, Supplier<T> work) {
    IN_PROCESS.lock();
    try {
      Files.createDirectories(downloads());
      try (FileChannel channel =
              FileChannel.open(
                  folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = acquire(channel, progress)) {
        assert lock.isValid();
        return work.get();
      }
    } catch (IOException e) {
      throw Failures.writing(folder, e);
    } finally {
      IN_PROCESS.unlock();
    }
  }

  private static FileLock acquire(FileChannel channel, Progress progress) throws IOException {
    FileLock lock = channel.tryLock();
    if (lock == null) {
      progress.note("Another quire is pulling an image; waiting for it to finish.");
      lock = channel.lock();
    }
    return lock;
  }
}
