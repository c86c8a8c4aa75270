package dev.quire.machine.board.disk;

import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.IOException;
import java.nio.file.Path;

/** A raw image that is only read, and that several machines may share. */
public final class ReadOnlyDisk implements BlockStore {
  private final DiskFile file;

  /** Throws a {@link dev.quire.machine.board.UserError} if the file is unfit or being written. */
  public ReadOnlyDisk(Path path) {
    file = DiskFile.open(path, false);
  }

  @Override
  public long sectors() {
    return file.sectors();
  }

  @Override
  public boolean readOnly() {
    return true;
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    file.read(sector * SECTOR, to, offset, length);
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    throw new IOException("this disk is read-only");
  }

  @Override
  public void flush() {}

  @Override
  public void save(StateWriter out) {}

  @Override
  public void load(StateReader in) {}

  @Override
  public void close() throws IOException {
    file.close();
  }
}
