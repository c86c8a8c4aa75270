package dev.quire.image;

import dev.quire.machine.board.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Gives the files of an ext4 image to root. mke2fs copies the owners of the folder it was given,
 * and those are right only where root made it; else debugfs rewrites each inode.
 */
final class ExtOwners {
  private ExtOwners() {}

  static void makeRoot(Path disk, Path root) throws IOException {
    if ((int) Files.getAttribute(root, "unix:uid") == 0) {
      return;
    }
    Path debugfs =
        HostProgram.find("debugfs")
            .orElseThrow(
                () ->
                    new UserError(
                        "The image debian-full needs the program debugfs, which is not installed:"
                            + " install the package e2fsprogs."));
    Path script = Files.writeString(disk.resolveSibling("owners"), commands(root));
    HostProgram.Result result =
        HostProgram.run(
            List.of(debugfs.toString(), "-w", "-f", script.toString(), disk.toString()),
            Map.of("LC_ALL", "C"));
    if (result.status() != 0) {
      throw new UserError("debugfs could not set the owners in " + disk + ".");
    }
  }

  private static String commands(Path root) throws IOException {
    StringBuilder commands = new StringBuilder();
    try (Stream<Path> files = Files.walk(root)) {
      files
          .map(file -> "/" + root.relativize(file))
          .forEach(
              name ->
                  commands
                      .append("sif \"" + name + "\" uid 0\n")
                      .append("sif \"" + name + "\" gid 0\n"));
    }
    return commands.toString();
  }
}
