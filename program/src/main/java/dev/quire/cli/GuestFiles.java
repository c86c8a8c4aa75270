package dev.quire.cli;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import dev.quire.monitor.GuestFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a guest starts from: the user's files, else Debian's kernel and Quire's own initramfs.
 *
 * @param kernel the kernel
 * @param initrd the initramfs, or null
 */
record GuestFiles(GuestFile kernel, @Nullable GuestFile initrd) {
  /** The least memory, in MiB, in which Debian's kernel starts a program. */
  private static final int DEBIAN_LEAST_MIB = 84;

  private static final int HEADER_SIZE = 64;
  private static final int MAGIC_AT = 56;
  private static final String MAGIC = "RSC\5"; // Linux, boot-image-header

  /**
   * What the user wants.
   *
   * @param kernel a kernel, or null for Debian's
   * @param initrd an initramfs, or null for Quire's own; a kernel that is not Linux gets none then
   * @param share a folder to appear under /share, or null
   * @param disks whether the guest has disks
   * @param swap whether it has one to swap to
   * @param memory the guest's memory in bytes
   * @param files more for Quire's own initramfs, by path
   */
  record Request(
      @Nullable Path kernel,
      @Nullable Path initrd,
      @Nullable Path share,
      boolean disks,
      boolean swap,
      long memory,
      Map<String, byte[]> files) {
    /** Debian's kernel and Quire's initramfs with more {@code files}. */
    static Request ofDebian(long memory, Map<String, byte[]> files) {
      return new Request(null, null, null, false, false, memory, files);
    }
  }

  /** Reads or builds them; brings the image from a mirror if it is needed and not here yet. */
  static GuestFiles prepare(Request request, MirrorOptions mirror) {
    Path own = request.kernel();
    byte[] kernel = own == null ? null : kernel(own);
    GuestImage image = null;
    if (kernel == null || kernel.length > 0 && request.initrd() == null && isLinux(kernel)) {
      requireMemory(request.memory());
      image = ImageStore.ofUser().debian(mirror, ProgressBar.onStandardError());
    }
    GuestFile kernelFile =
        own != null && kernel != null
            ? new GuestFile(own.toString(), kernel)
            : new GuestFile("Debian's kernel", read(imageOf(image).kernel(), "kernel"));
    return new GuestFiles(kernelFile, initrd(request, image));
  }

  private static GuestImage imageOf(@Nullable GuestImage image) {
    if (image == null) {
      throw new IllegalStateException("no image");
    }
    return image;
  }

  private static @Nullable GuestFile initrd(Request request, @Nullable GuestImage image) {
    Path own = request.initrd();
    Path share = request.share();
    if (own == null && image != null) {
      Initramfs.Options options =
          Initramfs.Options.of(request.memory())
              .withDisks(request.disks())
              .withSwap(request.swap())
              .withShare(share)
              .withFiles(request.files());
      return new GuestFile("the initramfs", Initramfs.build(image, options));
    }
    byte[] bytes = own == null ? null : read(own, "initramfs");
    if (share != null) {
      byte[] second = Initramfs.shareOnly(share, request.memory());
      bytes = bytes == null ? second : Initramfs.concatenate(bytes, second);
    }
    String name = own == null ? "the shared folder" : own.toString();
    return bytes == null ? null : new GuestFile(name, bytes);
  }

  /** A flat file may be anything, but not another architecture's Linux. */
  private static byte[] kernel(Path file) {
    byte[] bytes = read(file, "kernel");
    if (bytes.length > 1 && bytes[0] == 'M' && bytes[1] == 'Z' && !isLinux(bytes)) {
      throw UserError.of("The kernel %s is not for RISC-V.", file);
    }
    return bytes;
  }

  private static void requireMemory(long memory) {
    if (memory < (long) DEBIAN_LEAST_MIB << 20) {
      throw UserError.of(
          "Memory of %dM is too small: Debian's kernel needs at least %dM.",
          memory >> 20, DEBIAN_LEAST_MIB);
    }
  }

  private static boolean isLinux(byte[] kernel) {
    if (kernel.length < HEADER_SIZE) {
      return false;
    }
    for (int i = 0; i < MAGIC.length(); i++) {
      if (kernel[MAGIC_AT + i] != MAGIC.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static byte[] read(Path file, String what) {
    try {
      if (Files.isDirectory(file)) {
        throw UserError.of("The %s %s is a folder.", what, file);
      }
      if (Files.size(file) > Integer.MAX_VALUE - 64) {
        throw UserError.of("The %s %s is too large: at most 2G is possible.", what, file);
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw UserError.of("There is no %s %s.", what, file);
    } catch (AccessDeniedException e) {
      throw UserError.of("The %s %s may not be read by this user.", what, file);
    } catch (IOException e) {
      throw UserError.of("The %s %s cannot be read: %s.", what, file, e);
    }
  }
}
