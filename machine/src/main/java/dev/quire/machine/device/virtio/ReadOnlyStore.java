package dev.quire.machine.device.virtio;

import dev.quire.machine.state.StateReader;
import dev.quire.machine.state.StateWriter;
import java.io.IOException;

/** A disk that is only read, so that there is nothing to flush or to save. */
public interface ReadOnlyStore extends BlockStore {
  @Override
  default boolean readOnly() {
    return true;
  }

  @Override
  default void write(long sector, byte[] from, int offset, int length) throws IOException {
    throw new IOException("this disk is read-only");
  }

  @Override
  default void flush() {}

  @Override
  default void save(StateWriter out) {}

  @Override
  default void load(StateReader in) {}

  @Override
  default void close() throws IOException {}
}
