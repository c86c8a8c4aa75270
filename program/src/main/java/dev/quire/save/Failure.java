package dev.quire.save;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, in words. */
final class Failure {
  private Failure() {}

  static String of(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no folder for " + missing.getFile();
      case AccessDeniedException denied -> "this user may not use " + denied.getFile();
      case FileSystemException other -> other.getFile() + ": " + other.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
