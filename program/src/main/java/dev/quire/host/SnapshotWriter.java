package dev.quire.host;

import dev.quire.machine.board.UserError;
import dev.quire.monitor.policy.Snapshot;
import dev.quire.monitor.policy.Target;
import dev.quire.run.Json;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the file of {@link SnapshotLog} while a host runs, each line at once, so that whatever
 * ends the process leaves whole lines. Trouble with the file is a UserError.
 */
public final class SnapshotWriter implements AutoCloseable {
  private final Path file;
  private final Writer writer;

  /** Replaces {@code file} by one with this first line. */
  public SnapshotWriter(Path file, SnapshotLog.Header header) {
    this.file = file;
    try {
      writer = Files.newBufferedWriter(file);
    } catch (IOException e) {
      throw trouble(e);
    }
    line(header);
  }

  /** A moment, and what was decided for it. */
  public void write(Snapshot snapshot, List<Target> targets) {
    line(new SnapshotLog.Entry(snapshot, targets));
  }

  private void line(Record value) {
    try {
      writer.write(Json.writeLine(value));
      writer.flush();
    } catch (IOException e) {
      throw trouble(e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw trouble(e);
    }
  }

  private UserError trouble(IOException e) {
    return new UserError("Cannot write %s: %s.".formatted(file, e), e);
  }
}
