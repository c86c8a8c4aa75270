package dev.quire.run;

import dev.quire.machine.board.UserError;
import java.nio.file.Path;

/**
 * Where the references of a guest go, and how many.
 *
 * @param file of the first start
 * @param filter frames of the LRU filter before it, 1 to {@link #MOST_FILTER}
 */
public record TraceChoice(Path file, int filter) {
  public static final int FILTER = 64;
  public static final int MOST_FILTER = 1 << 20;

  /** A {@link UserError} if that filter is not possible. */
  public TraceChoice {
    if (filter < 1 || filter > MOST_FILTER) {
      throw UserError.of(
          "A filter of %,d frames is not possible: 1 to %,d are.", filter, MOST_FILTER);
    }
  }

  /** The file of the {@code start}th start, from 1: "FILE", "FILE.2", "FILE.3" ... */
  Path file(int start) {
    return start == 1 ? file : file.resolveSibling(file.getFileName() + "." + start);
  }
}
