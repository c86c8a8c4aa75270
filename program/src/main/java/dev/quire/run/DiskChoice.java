package dev.quire.run;

import dev.quire.machine.board.UserError;
import dev.quire.machine.board.disk.CopyOnWriteDisk;
import dev.quire.machine.board.disk.RawDisk;
import dev.quire.machine.board.disk.ReadOnlyDisk;
import dev.quire.machine.device.virtio.BlockStore;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A disk as a user names it, {@code FILE[,ro|cow]}: FILE alone is written by the guest, with ro it
 * is read-only, and with cow what the guest writes is forgotten at the end.
 */
public record DiskChoice(Path file, Access access) {
  /** What becomes of what the guest writes. */
  public enum Access {
    READ_WRITE,
    READ_ONLY,
    COPY_ON_WRITE
  }

  /**
   * Takes the text apart; a {@link UserError} if that cannot be done.
   *
   * @param folder that FILE is relative to
   */
  public static DiskChoice parse(String text, Path folder) {
    int comma = text.lastIndexOf(',');
    if (comma < 0 || Files.exists(path(text, folder))) {
      return new DiskChoice(path(text, folder), Access.READ_WRITE);
    }
    Path file = path(text.substring(0, comma), folder);
    String access = text.substring(comma + 1);
    return switch (access) {
      case "ro" -> new DiskChoice(file, Access.READ_ONLY);
      case "cow" -> new DiskChoice(file, Access.COPY_ON_WRITE);
      default ->
          throw UserError.of(
              "The disk %s: '%s' is unknown; after the comma ro or cow is possible.", text, access);
    };
  }

  private static Path path(String text, Path folder) {
    try {
      return folder.resolve(text);
    } catch (InvalidPathException e) {
      throw UserError.of("The disk %s is not a file name: %s.", text, e.getReason());
    }
  }

  /** Opens it; a {@link UserError} if the file is missing, unfit or in use. */
  public BlockStore open() {
    return switch (access) {
      case READ_WRITE -> new RawDisk(file);
      case READ_ONLY -> new ReadOnlyDisk(file);
      case COPY_ON_WRITE -> new CopyOnWriteDisk(file);
    };
  }
}
