package dev.quire.cli;

import dev.quire.image.GuestImage;
import dev.quire.image.ImageStore;
import dev.quire.image.MirrorOptions;
import dev.quire.image.ProgressBar;
import dev.quire.machine.board.UserError;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code quire image}: brings guest images from a Debian mirror, and says which are here. */
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = "Bring guest images from a Debian mirror, or list them.")
final class ImageCommand {
  private static final String DEBIAN = "debian";
  private static final String DEBIAN_FULL = "debian-full";

  @Spec private CommandSpec spec = CommandSpec.create(); // replaced by picocli

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Bring an image from a Debian mirror, checking signature, sizes and hashes.",
        "debian: kernel, its modules and busybox, which is all that 'quire run' needs.",
        "debian-full: a disk with redis, sqlite3, stress-ng and python3."
      })
  int pull(
      @Parameters(paramLabel = "IMAGE", description = "debian or debian-full") String name,
      @Mixin MirrorOption mirror) {
    ImageStore store = ImageStore.ofUser();
    MirrorOptions options = mirror.options();
    ProgressBar progress = ProgressBar.onStandardError();
    switch (name) {
      case DEBIAN -> describe(store.pullDebian(options, progress));
      case DEBIAN_FULL -> describe(store.pullDebianFull(options, progress));
      default ->
          throw new UserError("There is no image '" + name + "': pull debian or debian-full.");
    }
    return 0;
  }

  @Command(mixinStandardHelpOptions = true, description = "List the images on this machine.")
  int list() {
    ImageStore store = ImageStore.ofUser();
    GuestImage debian = store.installedDebian();
    if (debian != null) {
      describe(debian);
    }
    if (Files.exists(store.debianFullPath())) {
      describe(store.debianFullPath());
    }
    if (debian == null && !Files.exists(store.debianFullPath())) {
      out().println("No image is here; bring one with: quire image pull debian");
    }
    return 0;
  }

  private void describe(GuestImage image) {
    out().printf("%-12s %s  %s%n", DEBIAN, image.version(), image.kernel().getParent());
  }

  private void describe(Path disk) {
    out().printf("%-12s %s%n", DEBIAN_FULL, disk);
  }
}
