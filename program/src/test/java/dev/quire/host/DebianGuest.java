package dev.quire.host;

import dev.quire.cli.GuestCommand;
import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.Initramfs;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.monitor.GuestFile;
import dev.quire.monitor.VmConfig;
import java.io.IOException;
import java.nio.file.Files;

/** A guest of the image that {@code quire image pull debian} brings, with Quire's own programs. */
public final class DebianGuest {
  private static final long MEMORY = 128L << 20;

  private DebianGuest() {}

  /** Of a guest with so many bytes of memory. */
  public static HostSession.Boot boot(long memory) throws IOException {
    return boot(Initramfs.Options.of(memory));
  }

  /** The same for one with a disk to swap to. */
  public static HostSession.Boot bootToSwap(long memory) throws IOException {
    return boot(Initramfs.Options.of(memory).withSwap(true));
  }

  /** The same for one with other disks. */
  public static HostSession.Boot bootWithDisks(long memory) throws IOException {
    return boot(Initramfs.Options.of(memory).withDisks(true));
  }

  private static HostSession.Boot boot(Initramfs.Options options) throws IOException {
    GuestImage image =
        ImageStore.ofUser().debian(MirrorOptions.DEFAULT, ProgressBar.onStandardError());
    return new HostSession.Boot(
        new GuestFile("kernel", Files.readAllBytes(image.kernel())),
        new GuestFile(
            "initramfs", Initramfs.build(image, options.withFiles(GuestPrograms.files()))));
  }

  /** On the instruction clock. */
  static VmConfig config() throws IOException {
    HostSession.Boot boot = boot(MEMORY);
    return new VmConfig.Builder(boot.kernel())
        .initrd(boot.initrd())
        .memory(MEMORY)
        .append("console=ttyS0 panic=-1 " + GuestCommand.FAST_BOOT)
        .build();
  }
}
