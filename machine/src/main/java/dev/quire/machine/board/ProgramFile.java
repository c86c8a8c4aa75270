package dev.quire.machine.board;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file to put in memory, wholly read: its name, for messages, and its contents. */
public final class ProgramFile {
  private final String name;
  private final byte[] bytes;

  public ProgramFile(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /** Reads a file; a {@link UserError} says why it cannot be read. */
  public static ProgramFile read(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw UserError.of("%s is a folder, not a file.", path);
      }
      if (Files.size(path) > Integer.MAX_VALUE - 8) {
        throw UserError.of("%s is too large to load: at most 2 GiB are possible.", path);
      }
      return new ProgramFile(path.toString(), Files.readAllBytes(path));
    } catch (NoSuchFileException e) {
      throw UserError.of("There is no file %s.", path);
    } catch (AccessDeniedException e) {
      throw UserError.of("%s may not be read: its permissions forbid it.", path);
    } catch (IOException e) {
      throw UserError.of("%s cannot be read: %s.", path, e.getMessage());
    }
  }

  public String name() {
    return name;
  }

  /** The contents themselves, not a copy. */
  byte[] bytes() {
    return bytes;
  }
}
