package dev.quire.cli;

import dev.quire.machine.device.virtio.BlockStore;
import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.IOException;

/** A disk that stays open when its virtual machine ends, which may be to restart. */
record KeptOpen(BlockStore disk) implements BlockStore {
  @Override
  public long sectors() {
    return disk.sectors();
  }

  @Override
  public boolean readOnly() {
    return disk.readOnly();
  }

  @Override
  public void read(long sector, byte[] to, int offset, int length) throws IOException {
    disk.read(sector, to, offset, length);
  }

  @Override
  public void write(long sector, byte[] from, int offset, int length) throws IOException {
    disk.write(sector, from, offset, length);
  }

  @Override
  public void flush() throws IOException {
    disk.flush();
  }

  @Override
  public void save(StateWriter out) {
    disk.save(out);
  }

  @Override
  public void load(StateReader in) {
    disk.load(in);
  }

  @Override
  public void close() {}
}
