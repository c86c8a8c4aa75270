package dev.quire.machine.board.disk;

import dev.quire.machine.device.virtio.ReadOnlyStore;
import java.io.IOException;
import java.nio.file.Path;

/** A raw image that is only read, and that several machines may share. */
public final class ReadOnlyDisk implements ReadOnlyStore {
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
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    file.read(sector * SECTOR, to, offset, length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
