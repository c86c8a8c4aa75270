package dev.quire.machine.board;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, in words for a {@link UserError}. */
public final class FileTrouble {
  private FileTrouble() {}

  /** A part of a sentence, without a full stop. */
  public static String of(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no folder for " + missing.getFile();
      case AccessDeniedException denied -> "this user may not use " + denied.getFile();
      case FileSystemException other -> other.getFile() + ": " + other.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
