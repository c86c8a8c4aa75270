package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.run.DiskChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The option {@code --disk FILE[,ro|cow]}, a {@link DiskChoice}. */
final class DiskOption {
  private static final Path HERE = Path.of("");

  private DiskOption() {}

  /** Opens all the disks, or none. */
  static List<BlockStore> open(List<String> options) {
    List<BlockStore> disks = new ArrayList<>();
    boolean complete = false;
    try {
      for (String option : options) {
        disks.add(DiskChoice.parse(option, HERE).open());
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
}
