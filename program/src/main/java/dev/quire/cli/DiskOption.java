package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.machine.board.disk.CopyOnWriteDisk;
import dev.quire.machine.board.disk.RawDisk;
import dev.quire.machine.board.disk.ReadOnlyDisk;
import dev.quire.machine.device.virtio.BlockStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The option {@code --disk FILE[,ro|cow]}: FILE alone is written by the guest, with ro it is
 * read-only, and with cow what the guest writes is forgotten at the end.
 */
final class DiskOption {
  private DiskOption() {}

  /** Opens all the disks, or none. */
  static List<BlockStore> open(List<String> options) {
    List<BlockStore> disks = new ArrayList<>();
    boolean complete = false;
    try {
      for (String option : options) {
        disks.add(open(option));
      }
      complete = true;
    } finally {
      if (!complete) {
        closeAll(disks);
      }
    }
    return disks;
  }

  static void closeAll(List<BlockStore> disks) {
    for (BlockStore disk : disks) {
      try {
        disk.close();
      } catch (IOException e) {
        throw UserError.of("A disk could not be closed: %s.", e.getMessage());
      }
    }
  }

  private static BlockStore open(String option) {
    int comma = option.lastIndexOf(',');
    if (comma < 0 || Files.exists(path(option))) {
      return new RawDisk(path(option));
    }
    Path file = path(option.substring(0, comma));
    String access = option.substring(comma + 1);
    return switch (access) {
      case "ro" -> new ReadOnlyDisk(file);
      case "cow" -> new CopyOnWriteDisk(file);
      default ->
          throw UserError.of(
              "--disk %s: '%s' is unknown; after the comma ro or cow is possible.", option, access);
    };
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw UserError.of("--disk %s is not a file name: %s.", text, e.getReason());
    }
  }
}
