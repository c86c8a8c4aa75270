package dev.quire.machine.board.disk;

import dev.quire.machine.device.virtio.BlockStore;
import java.io.IOException;
import java.nio.file.Path;

/** A raw image that the guest writes: locked for this machine alone, flushed to the medium. */
public final class RawDisk implements BlockStore {
  private final DiskFile file;

  /** Throws a {@link dev.quire.machine.board.UserError} if the file is unfit or in use. */
  public RawDisk(Path path) {
    file = DiskFile.open(path, true);
  }

  @Override
  public long sectors() {
    return file.sectors();
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    file.read(sector * SECTOR, to, offset, length);
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    file.write(sector * SECTOR, from, offset, length);
  }

  @Override
  public void flush() throws IOException {
    file.force();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
