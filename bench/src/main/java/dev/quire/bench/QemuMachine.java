package dev.quire.bench;

import dev.quire.image.GuestImage;
import dev.quire.machine.board.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** QEMU's TCG, with the kernel that Quire's guest has, for comparison. */
final class QemuMachine implements AutoCloseable {
  private static final String PROGRAM = "qemu-system-riscv64";

  private final Path kernel;
  private final Path initrd;

  QemuMachine(GuestImage image, byte[] initramfs) {
    kernel = image.kernel();
    try {
      initrd = Files.createTempFile("quire-bench", ".cpio");
      Files.write(initrd, initramfs);
    } catch (IOException e) {
      throw new UserError("The initramfs for QEMU cannot be written: " + e.getMessage(), e);
    }
  }

  static boolean isInstalled() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM)));
  }

  /** Power-on. */
  WatchedProcess start(String commandLine) {
    return new WatchedProcess(
        PROGRAM,
        "-machine",
        "virt",
        "-smp",
        "1",
        "-m",
        "256",
        "-nographic",
        "-no-reboot",
        "-kernel",
        kernel.toString(),
        "-initrd",
        initrd.toString(),
        "-append",
        commandLine);
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(initrd);
    } catch (IOException e) {
      throw new UserError("The initramfs for QEMU cannot be deleted: " + e.getMessage(), e);
    }
  }
}
