package dev.quire.machine.board.disk;

import dev.quire.machine.board.UserError;
import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.IOException;
import java.nio.file.Path;

/** A raw image that the guest writes: locked for this machine alone, flushed to the medium. */
public final class RawDisk implements BlockStore {
  private final Path path;
  private final DiskFile file;

  /** Throws a {@link dev.quire.machine.board.UserError} if the file is unfit or in use. */
  public RawDisk(Path path) {
    this.path = path;
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
  public void save(StateWriter out) {
    throw oneMachine();
  }

  @Override
  public void load(StateReader in) {
    throw oneMachine();
  }

  private UserError oneMachine() {
    return UserError.of(
        "A virtual machine that writes the disk image %s cannot be saved or cloned: only one with"
            + " disks that are read-only (,ro) or copy-on-write (,cow) can.",
        path);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
