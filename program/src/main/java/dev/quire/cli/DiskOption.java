package dev.quire.cli;

import dev.quire.machine.board.UserError;
import dev.quire.machine.board.disk.CopyOnWriteDisk;
import dev.quire.machine.board.disk.RawDisk;
import dev.quire.machine.board.disk.ReadOnlyDisk;
import dev.quire.machine.device.virtio.BlockStore;
import java.nio.file.Path;

/**
 * A disk as {@code --disk} names it: FILE is written by the guest, {@code FILE,ro} is read-only,
 * and with {@code FILE,cow} what the guest writes is forgotten at the end.
 */
final class DiskOption {
  private DiskOption() {}

  /** Opens and locks the image; the caller closes it. */
  static BlockStore open(String option) {
    int comma = option.lastIndexOf(',');
    Path path = Path.of(comma < 0 ? option : option.substring(0, comma));
    String mode = comma < 0 ? "" : option.substring(comma + 1);
    return switch (mode) {
      case "" -> new RawDisk(path);
      case "ro" -> new ReadOnlyDisk(path);
      case "cow" -> new CopyOnWriteDisk(path);
      default ->
          throw UserError.of(
              "--disk %s has the mode '%s': ro, cow or none are possible.", option, mode);
    };
  }
}
