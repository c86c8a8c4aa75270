package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A userland as an ext4 disk: the packages are unpacked into a folder, and mke2fs makes a file
 * system of it. No maintainer script runs, so the few files that those would make are made here.
 */
final class DebianFull {
  private static final String SIZE = "192M";

  private static final List<String> PACKAGES =
      List.of(
          "base-files",
          "dash",
          "busybox-static",
          "redis-server",
          "redis-tools",
          "sqlite3",
          "stress-ng",
          "python3-minimal");

  /**
   * Stress-ng is linked to these but does not draw; what they need themselves is a graphics stack.
   */
  private static final Set<String> LEAVES =
      Set.of(
          "libegl1",
          "libgbm1",
          "libgles2",
          "libglvnd0",
          "libdrm2",
          "libexpat1",
          "libwayland-server0");

  /** Of use to maintainer scripts only; and busybox has an awk. */
  private static final Set<String> OMITTED =
      Set.of("adduser", "awk", "debconf", "dpkg", "init-system-helpers");

  private static final String NO_MKE2FS =
      "The image debian-full needs the program mke2fs, which is not installed: install the package"
          + " e2fsprogs.";

  private final DebianArchive archive;
  private final DebianArchive.Opened opened;
  private final Path scratch;
  private final Progress progress;

  DebianFull(DebianArchive archive, DebianArchive.Opened opened, Path scratch, Progress progress) {
    this.archive = archive;
    this.opened = opened;
    this.scratch = scratch;
    this.progress = progress;
  }

  /** Complains before anything is fetched. */
  static void requireTools() {
    mke2fs();
  }

  private static Path mke2fs() {
    return HostProgram.find("mke2fs").orElseThrow(() -> new UserError(NO_MKE2FS));
  }

  /** Makes the disk; it gets its name when it is complete. */
  void build(Path target) {
    PackageIndex index = archive.index(opened, name -> true);
    DependencyResolver resolver = new DependencyResolver(index, LEAVES, OMITTED);
    List<String> names = new java.util.ArrayList<>(PACKAGES);
    LEAVES.stream().sorted().forEach(names::add);
    List<DebianPackage> packages = resolver.resolve(names);
    try {
      FileTrees.delete(scratch);
      RootFolder root = RootFolder.create(scratch.resolve("root"));
      for (DebianPackage each : packages) {
        Path deb = archive.fetch(opened, each);
        root.unpack(deb);
        Files.delete(deb);
      }
      root.finish();
      progress.note("Making the disk of " + packages.size() + " packages.");
      Path disk = scratch.resolve("disk");
      format(disk, root.path());
      ExtOwners.makeRoot(disk, root.path());
      Files.move(disk, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      FileTrees.delete(scratch);
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  /** Nothing is left for the guest to initialise later, and no block is kept back for root. */
  private static void format(Path disk, Path root) throws IOException {
    HostProgram.Result result =
        HostProgram.run(
            List.of(
                mke2fs().toString(),
                "-q",
                "-F",
                "-t",
                "ext4",
                "-b",
                "4096",
                "-m",
                "0",
                "-L",
                "debian-full",
                "-E",
                "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0",
                "-d",
                root.toString(),
                disk.toString(),
                SIZE),
            Map.of("LC_ALL", "C"));
    if (result.status() != 0) {
      throw new UserError("mke2fs failed: " + result.output().strip().replace('\n', ' ') + ".");
    }
  }
}
