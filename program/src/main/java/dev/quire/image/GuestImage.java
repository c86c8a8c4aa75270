package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a Linux guest is started from.
 *
 * @param version the kernel's release, as {@code uname -r} in the guest prints it
 * @param kernel an uncompressed RISC-V Image
 * @param busybox a static riscv64 program
 * @param modules uncompressed kernel modules, in the order in which they must be loaded
 */
public record GuestImage(String version, Path kernel, Path busybox, List<Path> modules) {
  private static final String MANIFEST = "manifest";

  public GuestImage {
    modules = List.copyOf(modules);
  }

  /** Reads a folder that {@link #writeManifest} has completed. */
  static GuestImage load(Path folder) {
    Path manifest = folder.resolve(MANIFEST);
    try {
      List<String> lines = Files.readAllLines(manifest);
      List<Path> modules =
          lines.stream()
              .skip(1)
              .map(name -> folder.resolve("modules").resolve(name + ".ko"))
              .toList();
      GuestImage image =
          new GuestImage(
              lines.getFirst(), folder.resolve("vmlinux"), folder.resolve("busybox"), modules);
      if (Files.isReadable(image.kernel()) && Files.isReadable(image.busybox())) {
        return image;
      }
      throw new IOException("a file is missing");
    } catch (IOException | RuntimeException e) {
      throw new UserError(
          "The guest image in " + folder + " is damaged; run: quire image pull debian", e);
    }
  }

  /** Completes a folder: first the version, then the modules in load order, one a line. */
  static void writeManifest(Path folder, String version, List<String> modules) throws IOException {
    Files.writeString(folder.resolve(MANIFEST), version + "\n" + String.join("\n", modules) + "\n");
  }
}
