package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Builds the archive that the guest's kernel unpacks as its first file system. The same options
 * give the same bytes.
 *
 * <pre>
 * /init                started by the kernel: mounts, modules, the root disk (resource init)
 * /quire/session       process 1 from then on: agent, console shell, power-off
 * /quire/agent         runs commands for the host (see dev.quire.agent)
 * /quire/busybox       the only program; /bin/sh and /bin/busybox are links to it
 * /lib/modules/        the drivers and ext4, for modprobe (see GuestModules)
 * /share/              the folder shared with the guest
 * </pre>
 */
public final class Initramfs {
  /** The kernel's own use of memory, and what must be left for programs. */
  private static final long RESERVED_BYTES = 80L << 20;

  private static final String DISK_DRIVER = "virtio_blk";

  /** The modules that are of use only to a guest with a disk. */
  private static final List<String> DISK_MODULES =
      List.of(DISK_DRIVER, "crc16", "crc32c_generic", "mbcache", "jbd2", "ext4");

  private Initramfs() {}

  /**
   * What goes into it.
   *
   * @param agent whether the agent that runs commands for the host is started
   * @param disks whether the modules for disks and ext4 (8 MB) are included
   * @param swap whether the module for disks alone is, for one to swap to
   * @param share the folder whose content appears under /share, or null
   * @param memoryBytes the guest's memory, which bounds the size of the archive
   * @param files further files: path relative to the root, such as {@code quire/hello}, to content;
   *     executable
   */
  public record Options(
      boolean agent,
      boolean disks,
      boolean swap,
      @Nullable Path share,
      long memoryBytes,
      Map<String, byte[]> files) {
    public Options {
      files = new TreeMap<>(files);
    }

    /** With the agent, without disks, shared folder or further files. */
    public static Options of(long memoryBytes) {
      return new Options(true, false, false, null, memoryBytes, Map.of());
    }

    public Options withAgent(boolean enabled) {
      return new Options(enabled, disks, swap, share, memoryBytes, files);
    }

    public Options withDisks(boolean enabled) {
      return new Options(agent, enabled, swap, share, memoryBytes, files);
    }

    public Options withSwap(boolean enabled) {
      return new Options(agent, disks, enabled, share, memoryBytes, files);
    }

    public Options withShare(@Nullable Path folder) {
      return new Options(agent, disks, swap, folder, memoryBytes, files);
    }

    public Options withFiles(Map<String, byte[]> further) {
      return new Options(agent, disks, swap, share, memoryBytes, further);
    }
  }

  /**
   * The archive, in memory.
   *
   * @throws UserError if the shared folder cannot be read or does not fit into the guest's memory
   */
  public static byte[] build(GuestImage image, Options options) {
    Path folder = options.share();
    SharedFolder share = folder == null ? null : scan(folder, options.memoryBytes());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
    try {
      write(image, options, share, bytes);
    } catch (IOException e) {
      throw new UserError("The guest's initramfs cannot be built: " + e.getMessage() + ".", e);
    }
    return bytes.toByteArray();
  }

  private static SharedFolder scan(Path folder, long memoryBytes) {
    SharedFolder share = SharedFolder.scan(folder);
    share.requireAtMost(Math.max(0, (memoryBytes - RESERVED_BYTES) / 2), memoryBytes);
    return share;
  }

  /** An archive of a shared folder alone, to follow an initramfs that is the user's own. */
  public static byte[] shareOnly(Path folder, long memoryBytes) {
    SharedFolder share = scan(folder, memoryBytes);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
    try (CpioWriter cpio = new CpioWriter(bytes)) {
      cpio.directory("share", 0755);
      share.write(cpio, "share");
    } catch (IOException e) {
      throw new UserError("The shared folder cannot be read: " + e.getMessage() + ".", e);
    }
    return bytes.toByteArray();
  }

  /**
   * One archive after another, each starting at a multiple of 4 bytes as the kernel wants it; files
   * of later ones replace those of earlier ones.
   */
  public static byte[] concatenate(byte[] first, byte[] second) {
    int start = (first.length + 3) & ~3;
    byte[] both = new byte[start + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, start, second.length);
    return both;
  }

  private static void write(
      GuestImage image, Options options, @Nullable SharedFolder share, OutputStream out)
      throws IOException {
    try (CpioWriter cpio = new CpioWriter(out)) {
      skeleton(cpio);
      program(cpio, image, options);
      modules(cpio, image, options);
      for (Map.Entry<String, byte[]> file : options.files().entrySet()) {
        cpio.file(file.getKey(), 0755, file.getValue());
      }
      if (share != null) {
        share.write(cpio, "share");
      }
    }
  }

  private static void skeleton(CpioWriter cpio) throws IOException {
    for (String folder :
        List.of(
            "bin",
            "dev",
            "etc",
            "lib",
            "mnt",
            "newroot",
            "proc",
            "quire",
            "run",
            "sbin",
            "share",
            "sys",
            "tmp",
            "usr",
            "usr/bin",
            "usr/sbin",
            "var")) {
      cpio.directory(folder, folder.equals("tmp") ? 01777 : 0755);
    }
    cpio.directory("root", 0700);
    cpio.characterDevice("dev/console", 0600, 5, 1);
    cpio.symlink("bin/sh", "/quire/busybox");
    cpio.symlink("bin/busybox", "/quire/busybox");
    cpio.file("etc/profile", 0644, resource("profile"));
    cpio.file("etc/filesystems", 0644, ascii("ext4\n")); // mount tries it if no type is given
    cpio.file("etc/passwd", 0644, ascii("root::0:0:root:/root:/bin/sh\n"));
    cpio.file("etc/group", 0644, ascii("root:x:0:\n"));
    cpio.file("etc/hosts", 0644, ascii("127.0.0.1 localhost quire\n"));
  }

  private static void program(CpioWriter cpio, GuestImage image, Options options)
      throws IOException {
    cpio.file("init", 0755, resource("init"));
    cpio.file("quire/session", 0755, resource("session"));
    cpio.file("quire/profile", 0644, resource("profile"));
    if (options.agent()) {
      cpio.file("quire/agent", 0755, resource("agent"));
    }
    cpio.file("quire/busybox", 0755, Files.readAllBytes(image.busybox()));
  }

  private static void modules(CpioWriter cpio, GuestImage image, Options options)
      throws IOException {
    new GuestModules(
            image.modules().stream()
                .filter(m -> isWanted(GuestModules.nameOf(m), options))
                .toList())
        .write(cpio, image.version());
  }

  private static boolean isWanted(String module, Options options) {
    return options.disks()
        || !DISK_MODULES.contains(module)
        || options.swap() && module.equals(DISK_DRIVER);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  static byte[] resource(String name) throws IOException {
    try (InputStream in = Initramfs.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }
}
